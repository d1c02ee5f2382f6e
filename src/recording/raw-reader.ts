import { err, ok, type Result } from "../base/result.ts";
import type { Direction } from "../core/recording.ts";
import { headBytes, openBlock, partKey, readHead } from "./block.ts";
import { type BlockRecord, directionOf, recordsOf } from "./block-records.ts";

/** A piece of a body before any masking: of which exchange of its part, in which direction, when, and its bytes. */
export interface RawPiece {
  readonly exchange: number;
  readonly direction: Direction;
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
    const { length, exchange } = head.value;
    const end = at + headBytes + length;
    if (end > bytes.length) break;
    const content = openBlock(opener, header, bytes.subarray(at + headBytes, end));
    if (!content.ok) return content;
    const records = recordsOf(content.value);
    if (!records.ok) return err(`${part}: ${records.error}`);
    pieces.push(...records.value.flatMap((record) => pieceOf(exchange, record)));
    at = end;
  }
  return ok(pieces);
}

function pieceOf(exchange: number, { mark, number: t, bytes }: BlockRecord): readonly RawPiece[] {
  const direction = directionOf(mark);
  return direction === undefined ? [] : [{ exchange, direction, t, bytes }];
}
