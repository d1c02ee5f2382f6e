import type { Clock } from "../base/clock.ts";
import type { Masker } from "../core/finding.ts";
import type { ForwardIdentity } from "../core/forward.ts";
import type { Mount } from "../core/mount.ts";
import type { AuditLog } from "../core/record.ts";
import type { Recorder } from "../core/recording.ts";
import type { Authenticator } from "../identity/authenticator.ts";
import type { Policy } from "../policy/policy.ts";
import type { Protocol } from "../protocols/protocol.ts";
import type { OpenSpool } from "../spool/spool.ts";
import type { Room } from "./room.ts";

export interface Drain {
  readonly bytes: number;
  /** Milliseconds. */
  readonly within: number;
}

export interface Limits {
  /** The largest body, in bytes, that is held in memory to be judged. */
  readonly body: number;
  /** How much of a refused request is read and thrown away, so that the client hears the refusal. */
  readonly drain: Drain;
  /** The same for a caller who is not known, and may be anybody. */
  readonly drainStranger: Drain;
}

/** Text that only this installation can read, and nobody can change. */
export interface TextSeal {
  close(text: string): string;
  /** Undefined where it was not closed here. */
  open(sealed: string): string | undefined;
}

/** What the gateway is built from. Built once, in main. */
export interface Parts {
  readonly clock: Clock;
  readonly mounts: readonly Mount[];
  readonly protocols: readonly Protocol[];
  readonly authenticator: Authenticator;
  /** The policy in force now. */
  readonly policy: () => Policy;
  readonly audit: AuditLog;
  /** Whoever watches exchanges: the session recording, and others beside it (`recorders`). */
  readonly recorder: Recorder;
  readonly openSpool: OpenSpool;
  /** Masks every stored credential that went upstream of late, in every encoding in which it may come back. */
  readonly credentialMasker: () => Masker;
  /** Closes texts that clients carry from one turn to the next, and opens them; absent: nothing is given them to carry. */
  readonly seal?: TextSeal;
  readonly limits: Limits;
  readonly room: Room;
  /** Where clients of the forward proxy say who they are. */
  readonly forwardIdentity: ForwardIdentity;
  /** Told of faults that no client may read about: our bugs and outages. */
  readonly fault: (where: string, error: unknown) => void;
}
