import { generateKeyPairSync, sign } from "node:crypto";
import { systemClock } from "../../src/base/clock.ts";
import type { Masker } from "../../src/core/finding.ts";
import type { RecordId, SessionId } from "../../src/core/ids.ts";
import { newRecordId } from "../../src/core/ids.ts";
import type { Happening, Opening } from "../../src/core/recording.ts";
import { fingerprinter } from "../../src/detection/mark.ts";
import { createMasker } from "../../src/detection/masker.ts";
import { compileRules } from "../../src/detection/rule-set.ts";
import { defaultRules } from "../../src/detection/rules/index.ts";
import { Fields } from "../../src/http/fields.ts";
import { fileWrap, type KeyWrap } from "../../src/recording/keys.ts";
import type { StoreOptions } from "../../src/recording/options.ts";
import { SessionRecorder } from "../../src/recording/recorder.ts";
import type { Shelf } from "../../src/recording/shelf.ts";
import { folderShelf } from "../../src/recording/shelf-file.ts";
import { RecordingStore } from "../../src/recording/store.ts";
import { anOperation, aPrincipal } from "./facts.ts";

/** The one rule set, compiled once: masks as recordings do. */
export const recordingMasker: Masker = createMasker(compileRules(defaultRules), {
  fingerprint: fingerprinter(Buffer.from("test")),
});

export const recordingKeys: KeyWrap = fileWrap(Buffer.alloc(32, 7));
const pair = generateKeyPairSync("ed25519");
export const signerPem = pair.publicKey.export({ format: "pem", type: "spki" });

export interface RecordingsOptions extends Partial<StoreOptions> {
  readonly spool?: number;
  readonly whenFull?: "gap" | "refuse";
}

/** A store and its recorder, in that folder, or on that shelf. */
export async function openRecordingsIn(place: string | Shelf, options: RecordingsOptions = {}) {
  const { spool = 64 * 1024 * 1024, whenFull = "gap", ...more } = options;
  const faults: unknown[] = [];
  const store = await RecordingStore.open({
    shelf: typeof place === "string" ? folderShelf(place) : place,
    clock: systemClock,
    keys: recordingKeys,
    sign: (bytes) => sign(null, bytes, pair.privateKey),
    idle: 3_600_000,
    classes: ["default"],
    fault: (_where, error) => void faults.push(error),
    ...more,
  });
  const recorder = new SessionRecorder({
    clock: systemClock,
    store,
    level: "full",
    spool,
    whenFull,
    raw: options.rawKeys !== undefined,
    masker: () => recordingMasker,
  });
  return { store, recorder, faults };
}

/** The opening of an exchange of that session. */
export function anOpening(session: string, more: Partial<Opening> = {}): Opening {
  return {
    record: newRecordId(Date.now()) as RecordId,
    at: Date.now(),
    session: session as SessionId,
    principal: aPrincipal(),
    connection: { name: "github-api", kind: "github-api", upstream: "https://api.github.com" },
    protocol: "github-rest",
    head: {
      method: "POST",
      scheme: "https",
      authority: "gateway",
      path: "/repos/acme/app/issues",
      fields: new Fields([["content-type", "application/json"]]),
    },
    operations: [anOperation({ name: "issue.create" })],
    request: { kind: "text", lens: (open) => open("body") },
    cut: () => undefined,
    ...more,
  };
}

/** One whole exchange, as the gateway tells of it. */
export function happenings(at: number, request: string, response: string): readonly Happening[] {
  const fields = new Fields([["content-type", "application/json"]]);
  const text = { kind: "text", lens: (open: (channel: string) => never) => open("body") } as const;
  return [
    { kind: "decided", at, decision: "allow" },
    { kind: "requestBody", at: at + 1, chunk: Buffer.from(request), sent: true },
    { kind: "requestEnd", at: at + 2 },
    { kind: "responseHead", at: at + 10, status: 200, fields, own: false, body: text as never },
    { kind: "responseBody", at: at + 11, chunk: Buffer.from(response) },
    { kind: "responseEnd", at: at + 12 },
    { kind: "end", at: at + 12, end: "completed" },
  ];
}
