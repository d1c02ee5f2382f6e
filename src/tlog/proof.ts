import { err, ok, type Result } from "../base/result.ts";
import { openCheckpoint } from "./checkpoint.ts";
import type { Verifier } from "./key.ts";
import { type Hash, hashSize, leafHash } from "./merkle.ts";
import { openNote } from "./note.ts";
import { includes } from "./verification.ts";

/** An offline-verifiable proof that an entry is in a log (C2SP tlog-proof, the content of a `.tlog-proof` file). */
export interface Proof {
  readonly index: number;
  readonly path: readonly Hash[];
  /** The signed note, as the log published it. */
  readonly checkpoint: string;
  /** Whatever the application needs to find the entry; nobody vouches for it. */
  readonly extra?: Buffer;
}

/** Whom a verifier trusts: the log's own keys, and how many of which witnesses must have signed too. */
export interface Trust {
  readonly origin: string;
  readonly keys: readonly Verifier[];
  readonly witnesses?: readonly Verifier[];
  readonly quorum?: number;
}

const heading = "c2sp.org/tlog-proof@v1";

/** The text of a `.tlog-proof` file. */
export function formatProof({ index, path, checkpoint, extra }: Proof): string {
  const lines = [
    heading,
    ...(extra === undefined ? [] : [`extra ${extra.toString("base64")}`]),
    `index ${index}`,
    ...path.map((hash) => hash.toString("base64")),
  ];
  return `${lines.join("\n")}\n\n${checkpoint}`;
}

/** Reads a `.tlog-proof` file without checking what it proves. */
export function parseProof(text: string): Result<Proof> {
  const gap = text.indexOf("\n\n");
  if (gap < 0) return err("a proof without a checkpoint");
  const [first, ...lines] = text.slice(0, gap).split("\n");
  if (first !== heading) return err("this is no proof of a transparency log");
  const extra = lines[0]?.startsWith("extra ") ? decode(lines.shift()?.slice(6) ?? "") : null;
  if (extra === undefined) return err("the proof's extra data is not base64");
  const digits = /^index (0|[1-9]\d*)$/.exec(lines.shift() ?? "")?.[1];
  const index = Number(digits);
  if (digits === undefined || !Number.isSafeInteger(index)) return err("a proof without an index");
  const path: Hash[] = [];
  for (const line of lines) {
    const hash = decode(line);
    if (hash?.length !== hashSize) return err("the proof's path has something that is no hash");
    path.push(hash);
  }
  const checkpoint = text.slice(gap + 2);
  return ok({ index, path, checkpoint, ...(extra === null ? {} : { extra }) });
}

/** Whether the proof shows that the entry is in a log that we trust; an error says what is wrong. */
export function checkProof(proof: Proof, entry: Uint8Array, trust: Trust): Result<void> {
  const { keys, origin, witnesses = [], quorum = 0 } = trust;
  const checkpoint = openCheckpoint(proof.checkpoint, origin, keys);
  if (!checkpoint.ok) return checkpoint;
  if (quorum > 0) {
    const witnessed = openNote(proof.checkpoint, witnesses);
    if (!witnessed.ok) return witnessed;
    const names = new Set(witnessed.value.by.map((verifier) => verifier.name));
    if (names.size < quorum) return err(`only ${names.size} of ${quorum} witnesses have signed`);
  }
  const { size, root } = checkpoint.value;
  return includes(leafHash(entry), proof.index, size, root, proof.path)
    ? ok(undefined)
    : err("the proof does not lead from the entry to the checkpoint");
}

function decode(base64: string): Buffer | undefined {
  const bytes = Buffer.from(base64, "base64");
  return bytes.toString("base64") === base64 && base64 !== "" ? bytes : undefined;
}
