import { err, ok, type Result } from "../base/result.ts";
import type { Signer, Verifier } from "./key.ts";
import { hashSize } from "./merkle.ts";
import { openNote, signNote } from "./note.ts";
import type { TreeHead } from "./verification.ts";

/** The head of a log's tree (C2SP tlog-checkpoint). */
export interface Checkpoint extends TreeHead {
  readonly origin: string;
}

/** The signed note of a checkpoint. */
export function signCheckpoint(
  { origin, size, root }: Checkpoint,
  signers: readonly Signer[],
): string {
  return signNote(`${origin}\n${size}\n${root.toString("base64")}\n`, signers);
}

/** Reads the text of a checkpoint; extension lines are allowed and not kept. */
export function parseCheckpoint(text: string): Result<Checkpoint> {
  if (!text.endsWith("\n")) return err("a checkpoint must end in a newline");
  const [origin, digits, base64, ...extensions] = text.slice(0, -1).split("\n");
  if (origin === undefined || digits === undefined || base64 === undefined)
    return err("a checkpoint has at least three lines");
  if (origin === "" || extensions.includes("")) return err("a checkpoint has no empty lines");
  const size = Number(digits);
  if (!/^(0|[1-9]\d*)$/.test(digits) || !Number.isSafeInteger(size))
    return err("the checkpoint's size is no number");
  const root = Buffer.from(base64, "base64");
  if (root.length !== hashSize || root.toString("base64") !== base64)
    return err("the checkpoint's root is no hash");
  return ok({ origin, size, root });
}

/** Reads a signed checkpoint of that origin that one of the log's own keys has signed. */
export function openCheckpoint(
  note: string,
  origin: string,
  keys: readonly Verifier[],
): Result<Checkpoint> {
  const opened = openNote(note, keys);
  if (!opened.ok) return opened;
  const checkpoint = parseCheckpoint(opened.value.text);
  if (!checkpoint.ok) return checkpoint;
  return checkpoint.value.origin === origin
    ? checkpoint
    : err(`the checkpoint is of another log than ${origin}`);
}
