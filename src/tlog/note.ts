import { err, ok, type Result } from "../base/result.ts";
import { isKeyName, type KeyId, type Signer, type Verifier } from "./key.ts";

/** A signed note (C2SP signed-note): its text, which ends in a newline, and its signature lines. */
export interface Note {
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

export interface NoteSignature extends KeyId {
  /** What follows the key id. */
  readonly bytes: Buffer;
  readonly line: string;
}

const maxNote = 1_000_000;
const maxSignatures = 100;

/** Signs a text that ends in a newline; several signers sign in turn. */
export function signNote(text: string, signers: readonly Signer[]): string {
  if (!isText(text) || !text.endsWith("\n")) throw new TypeError("this text cannot be signed");
  return `${text}\n${signers.map((signer) => signatureLine(signer, signer.sign(text))).join("")}`;
}

/** Reads a note without checking any signature. */
export function parseNote(note: string): Result<Note> {
  if (note.length > maxNote || !isText(note)) return err("a note that is too long or no text");
  const gap = note.lastIndexOf("\n\n");
  if (gap < 0 || !note.endsWith("\n")) return err("a note without signatures");
  const lines = note.slice(gap + 2, -1).split("\n");
  if (lines.length > maxSignatures) return err("a note with too many signatures");
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const signature = parseSignature(line);
    if (signature === undefined) return err("a note with a malformed signature line");
    signatures.push(signature);
  }
  return ok({ text: note.slice(0, gap + 1), signatures });
}

/**
 * Gives the text of a note that a known key has signed, and which ones did. Unknown signatures are passed over;
 * one of a known key that does not verify spoils the note.
 */
export function openNote(
  note: string,
  verifiers: readonly Verifier[],
): Result<{ readonly text: string; readonly by: readonly Verifier[] }> {
  const parsed = parseNote(note);
  if (!parsed.ok) return parsed;
  const { text, signatures } = parsed.value;
  const by = new Set<Verifier>();
  for (const { name, id, bytes } of signatures) {
    const verifier = verifiers.find((known) => known.name === name && known.id === id);
    if (verifier === undefined || by.has(verifier)) continue;
    if (!verifier.verify(text, bytes)) return err(`the signature of ${name} is wrong`);
    by.add(verifier);
  }
  return by.size > 0 ? ok({ text, by: [...by] }) : err("no known key has signed the note");
}

function signatureLine({ name, id }: KeyId, signature: Buffer): string {
  const bytes = Buffer.concat([Buffer.from(id, "hex"), signature]);
  return `\u2014 ${name} ${bytes.toString("base64")}\n`;
}

function parseSignature(line: string): NoteSignature | undefined {
  const [, name, base64] = /^\u2014 ([^ ]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? [];
  if (name === undefined || base64 === undefined || !isKeyName(name)) return undefined;
  const bytes = Buffer.from(base64, "base64");
  if (bytes.length < 5 || bytes.toString("base64") !== base64) return undefined;
  return { name, id: bytes.toString("hex", 0, 4), bytes: bytes.subarray(4), line };
}

function isText(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control bytes are what it looks for
  return text.isWellFormed() && !/[\u0000-\u0009\u000b-\u001f]/.test(text);
}
