import type { Direction } from "../../core/recording.ts";
import { type Piece, pieceText } from "../entry.ts";
import type { RecordedExchange, SessionReader } from "../read.ts";

/**
 * The whole recording as JSON lines, complete to the byte and to the millisecond: each exchange's entries in order, then
 * its bodies' pieces (`{"record","dir","t","text"|"b64"}`).
 */
export async function* jsonLines(
  exchanges: readonly RecordedExchange[],
  reader: Pick<SessionReader, "pieces">,
): AsyncGenerator<string> {
  for (const exchange of exchanges) {
    const { record } = exchange.opened;
    for (const entry of exchange.entries) yield line({ record, ...entry });
    if (!exchange.ended) yield line({ record, k: "end", end: "cut" });
    yield* pieces(record, "request", reader.pieces(exchange, "request"));
    yield* pieces(record, "response", reader.pieces(exchange, "response"));
  }
}

async function* pieces(
  record: string,
  dir: Direction,
  body: AsyncGenerator<Piece>,
): AsyncGenerator<string> {
  for await (const { t, bytes } of body) {
    const text = pieceText(bytes);
    yield line({ record, k: "piece", dir, t, ...(typeof text === "string" ? { text } : text) });
  }
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
