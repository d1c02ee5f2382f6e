import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject, sign } from "node:crypto";
import type { Audit } from "../audit/audit-log.ts";
import type { Clock } from "../base/clock.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Secret } from "../base/secret.ts";
import type { ProcessPlace } from "../config/processes.ts";
import type { Config } from "../config/schema.ts";
import type { Act } from "../core/record.ts";
import type { Recorder } from "../core/recording.ts";
import { Custody } from "../recording/custody.ts";
import { ageEncrypt, ageWrap, fileWrap, type KeyWrap } from "../recording/keys.ts";
import { Onlookers } from "../recording/onlookers.ts";
import type { StoreOptions } from "../recording/options.ts";
import { RawOpenings } from "../recording/raw-openings.ts";
import { SessionReader } from "../recording/read.ts";
import { SessionRecorder } from "../recording/recorder.ts";
import { type Reading, SeveralReaders, severalShelves } from "../recording/several.ts";
import type { Shelf } from "../recording/shelf.ts";
import { RecordingStore } from "../recording/store.ts";
import type { Keys } from "./keys-file.ts";
import type { HouseMaskers } from "./maskers.ts";
import { recordingMaskers } from "./recording-maskers.ts";
import { recordingShelf, recordingShelves } from "./recording-shelf.ts";
import { readSecret } from "./secret-file.ts";

/** The session recording of this gateway: who records, where it lies, who looks on. */
export interface Recordings {
  readonly recorder: Recorder;
  readonly store: RecordingStore;
  readonly reader: SessionReader;
  readonly onlookers: Onlookers;
  readonly custody: Custody;
  readonly raw: RawOpenings;
  /** Writes what waits, and closes the folder. */
  readonly close: () => Promise<void>;
  /** Where each process records, and those that once ran, in the order of their numbers. */
  readonly shelves: readonly Shelf[];
  /** Opens what a process has left that no longer runs. */
  readonly adopt: (shelf: Shelf) => Promise<RecordingStore>;
  /** Reads recordings in several places as one. */
  readonly readerOf: (shelves: readonly Shelf[]) => Reading;
  /** Bytes that wait for the disk, and bytes that were left out. */
  counts(): { readonly pending: number; readonly lost: number };
}

export interface RecordingParts {
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly keys: Keys;
  readonly audit: Pick<Audit, "act">;
  readonly maskers: HouseMaskers;
  /** The credentials that went upstream of late. */
  readonly credentials: () => readonly Secret[];
  readonly fault: (where: string, error: unknown) => void;
  /** Does away with what others keep of what a session said. */
  readonly forget: (session: string) => Promise<unknown>;
  /** Which of several processes this is: then it is for the first to erase what is past its time. */
  readonly place: ProcessPlace | undefined;
}

/** Opens the recordings; the error, and what it rejects with, is a sentence for whoever wrote the config. */
export async function openRecordings(
  config: Config,
  parts: RecordingParts,
): Promise<Result<Recordings>> {
  const { recording } = config;
  const { clock, env, keys, audit, maskers, fault } = parts;
  const unknown = recording.mask.find((name) => !maskers.ruleSets.includes(name));
  if (unknown !== undefined) return err(`recording.mask names ${unknown}, which is no rule set`);
  const wrap = keyWrap(recording, keys.recording, env);
  if (!wrap.ok) return wrap;
  const signer = signingKey(keys.recording);
  const shelf = recordingShelf(config, env, parts.place?.number);
  if (!shelf.ok) return shelf;
  const shelves = recordingShelves(config, env);
  if (!shelves.ok) return shelves;
  const pem = createPublicKey(signer).export({ format: "pem", type: "spki" });
  await shelf.value.put("signer.pem", Buffer.from(pem));
  const options: StoreOptions = {
    shelf: shelf.value,
    clock,
    keys: wrap.value,
    ...(recording.raw === undefined ? {} : { rawKeys: fourEyes(recording.raw) }),
    sign: (bytes) => sign(null, bytes, signer),
    idle: recording.idle,
    classes: byLength(recording.retention),
    closed: (session, digest) =>
      audit.act({
        action: "recording.close",
        actor: "sallyport",
        subject: session,
        outcome: "success",
        detail: `sha256:${digest}`,
      }),
    fault,
  };
  const store = await RecordingStore.open(options);
  const adopted: RecordingStore[] = [];
  const onlookers = new Onlookers();
  const rules = maskers.masker(recording.mask, "mark");
  const recorder = new SessionRecorder({
    clock,
    store,
    level: recording.level,
    spool: recording.spool,
    whenFull: recording.whenFull,
    raw: recording.raw !== undefined,
    ...recordingMaskers(() => maskers.exact(parts.credentials()), rules),
    onlookers,
  });
  const reader = new SessionReader(shelf.value, wrap.value);
  const act = (act: Act) => audit.act(act);
  const { retention } = recording;
  const custody = new Custody({ store, clock, act, retention, fault, forget: parts.forget });
  const open = recording.raw?.open ?? 0;
  const raw = new RawOpenings({ shelf: severalShelves(shelves.value), clock, act, open });
  const stop = parts.place === undefined ? custody.start() : () => undefined;
  return ok({
    ...{ recorder, store, reader, onlookers, custody, raw, shelves: shelves.value },
    adopt: async (shelf) => {
      const opened = await RecordingStore.open({ ...options, shelf });
      adopted.push(opened);
      return opened;
    },
    readerOf: (all) => new SeveralReaders(all.map((one) => new SessionReader(one, wrap.value))),
    close: async () => {
      stop();
      for (const one of [store, ...adopted]) await one.close();
    },
    counts: () => recorder.counts,
  });
}

/** How the keys of sessions are wrapped and, where that is for us to do, opened. */
export function keyWrap(
  { recipients, identity }: Config["recording"],
  key: Secret,
  env: Readonly<Record<string, string | undefined>>,
): Result<KeyWrap> {
  if (recipients === undefined) return ok(fileWrap(derived(key, "wrap")));
  if (identity === undefined) return ok(ageWrap(recipients));
  const secret = readSecret(identity, env);
  return secret.ok ? ok(ageWrap(recipients, secret.value.reveal())) : secret;
}

/** Signs what was closed: an Ed25519 key of this installation. */
export function signingKey(key: Secret): KeyObject {
  // RFC 8410: the fixed DER before the 32 bytes of an Ed25519 key.
  const der = Buffer.from("302e020100300506032b657004220420", "hex");
  const seed = derived(key, "sign");
  return createPrivateKey({ key: Buffer.concat([der, seed]), format: "der", type: "pkcs8" });
}

/** One of the first cannot open it without one of the second: their encryption lies around the other's. */
function fourEyes({ first, second }: NonNullable<Config["recording"]["raw"]>): KeyWrap {
  return {
    suffix: "age",
    wrap: async (key) => ageEncrypt(await ageEncrypt(key, first), second),
    unwrap: async () => err("a raw recording is opened by two people, never by the gateway"),
  };
}

function derived(key: Secret, use: string): Buffer {
  return Buffer.from(hkdfSync("sha256", key.reveal(), "", `sallyport recording ${use}`, 32));
}

/** The names of retention classes, the longest last. */
function byLength(retention: Readonly<Record<string, number>>): readonly string[] {
  return Object.entries(retention)
    .sort(([, a], [, b]) => a - b)
    .map(([name]) => name);
}
