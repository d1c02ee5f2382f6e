import type { Clock } from "../base/clock.ts";
import type { Result } from "../base/result.ts";
import type { Acts, AuditLog } from "../core/record.ts";
import type { Envelope } from "../tlog/dsse.ts";
import type { FoundItem, RecordQuery } from "./index/query-file.ts";
import type { JointParts } from "./joint/part.ts";
import type { OtlpOptions } from "./projection/otlp-transport.ts";
import type { MaskText } from "./record/cleaner.ts";
import type { WitnessOptions } from "./transparency/witness-client.ts";
import type { Retention } from "./upkeep.ts";
import type { Disk } from "./wal/disk-file.ts";

export interface AuditOptions {
  /** Where everything is kept; one process at a time, or as `among` says. */
  readonly dir: string;
  /** The name of this process among its like: letters, digits, dot, dash, underscore. */
  readonly replica: string;
  readonly clock: Clock;
  readonly otlp?: OtlpOptions;
  /** A folder for OCSF events as JSON Lines. */
  readonly ocsf?: { readonly dir: string };
  /** Takes a line of JSON for each exchange and act, once it is durable; several at a time, the last without its end. */
  readonly out?: (lines: string) => void;
  /** Takes secrets out of what clients wrote (paths, names); without it text is kept as it came. */
  readonly mask?: MaskText;
  /** `off` acknowledges what the operating system has, and loses it when the machine dies: for measuring only. */
  readonly durability?: "fsync" | "off";
  /** How long an intent may wait for the disk, in milliseconds; 5,000 unless told. */
  readonly deadline?: number;
  /** The transparency log's name, no spaces and no plus; fixed once the log exists. `sallyport/audit` unless told. */
  readonly origin?: string;
  /** How often a checkpoint is signed while records come in, in milliseconds; 1,000 unless told. */
  readonly checkpointEvery?: number;
  readonly retention?: Retention;
  /** Who else signs checkpoints. */
  readonly witnesses?: WitnessOptions;
  /** A log that several replicas write; each has one of its own unless told. */
  readonly shared?: JointParts;
  /** Set where several processes keep their records in one folder, each under its own name: the first does what is done once. */
  readonly among?: "first" | "others";
  readonly segmentBytes?: number;
  readonly disk?: Disk;
}

/** The audit log of one process. */
export interface Audit extends AuditLog, Acts {
  /** Whether an intent could be recorded now. */
  ready(): Result<void>;
  /** Finds exchanges and acts of every process that keeps its records in this folder, newest first. */
  records(query: RecordQuery): Promise<readonly FoundItem[]>;
  /** The `.tlog-proof` of the record that began the exchange of that id; an error when there is none yet. */
  proof(id: string): Promise<Result<string>>;
  /** The newest signed checkpoint of the transparency log, once there is one. */
  checkpoint(): string | undefined;
  /** A statement about what is recorded, signed with the keys that sign checkpoints. */
  seal(payloadType: string, text: string): Envelope;
  /** For metrics. */
  counts(): AuditCounts;
  /** Writes what waits, stops the projections (what is not delivered is after the next start), and closes. */
  close(): Promise<void>;
}

export interface AuditCounts {
  readonly records: number;
  readonly spansSent: number;
  readonly spansRefused: number;
  /** Whether every span has been delivered; true without a collector. */
  readonly delivered: boolean;
  /** Records in the last signed checkpoint. */
  readonly logSize: number;
  /** Why the log cannot be projected, if so: it is damaged, or the disk cannot be read. */
  readonly trouble: string | undefined;
}
