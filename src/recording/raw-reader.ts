import { err, ok, type Result } from "../base/result.ts";
import { headBytes, openBlock, partKey, readHead } from "./block.ts";
import { bytesOf, type Piece } from "./entry.ts";

/** A piece of a body before any masking: of which exchange of its part, in which direction, when, and its bytes. */
export interface RawPiece {
  readonly exchange: number;
  readonly direction: "request" | "response";
  readonly t: number;
  readonly bytes: Buffer;
}

/** Opens a raw part with its unwrapped key; an error where a bit of it was changed, or the key is another's. */
export function readRaw(
  { session, part, key }: { readonly session: string; readonly part: string; readonly key: Buffer },
  bytes: Buffer,
): Result<readonly RawPiece[]> {
  const opener = partKey(key, session, part);
  const pieces: RawPiece[] = [];
  for (let at = 0; at + headBytes <= bytes.length; ) {
    const header = bytes.subarray(at, at + headBytes);
    const head = readHead(header);
    if (!head.ok) return err(`${part} was changed: ${head.error}`);
    const { length, kind, exchange } = head.value;
    const end = at + headBytes + length;
    if (end > bytes.length) break;
    const text = openBlock(opener, header, bytes.subarray(at + headBytes, end));
    if (!text.ok) return text;
    if (kind === "request" || kind === "response")
      pieces.push(...piecesOf(text.value, kind, exchange));
    at = end;
  }
  return ok(pieces);
}

function piecesOf(
  text: string,
  direction: RawPiece["direction"],
  exchange: number,
): readonly RawPiece[] {
  return text.split("\n").map((line) => {
    const piece = JSON.parse(line) as Piece;
    return { exchange, direction, t: piece[0], bytes: bytesOf(piece) };
  });
}
