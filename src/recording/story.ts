import type { Part, Said } from "../core/said.ts";
import { Fields } from "../http/fields.ts";
import type { Entry, Line, Opened, Piece } from "./entry.ts";
import type { RecordedExchange, SessionReader } from "./read.ts";

/** Listens to both halves of one exchange: `Protocol.listen`, without its protocol. */
export interface Listener {
  request(fields: Fields): HalfListener;
  response(head: { readonly status: number; readonly fields: Fields }): HalfListener;
}

export interface HalfListener {
  write(chunk: Uint8Array): readonly Said[];
  end(): readonly Said[];
}

/** A listener for that protocol's name; undefined where nobody speaks in it. */
export type Listen = (protocol: string) => Listener | undefined;

/** One exchange, told: what happened when, what was said, and the bodies as far as they are kept in memory. */
export interface Story {
  readonly opened: Opened;
  readonly entries: readonly Entry[];
  readonly ended: boolean;
  readonly answer: { readonly status: number; readonly headers: readonly Line[] } | undefined;
  readonly request: Body;
  readonly response: Body;
  readonly said: readonly Said[];
}

export interface Body {
  readonly bytes: Buffer;
  /** When pieces came: milliseconds after the exchange began, and how many bytes had come by then. */
  readonly times: readonly (readonly [t: number, bytes: number])[];
  /** There is more than is told here. */
  readonly cut: boolean;
}

/** Reads one exchange; of a body longer than `most` bytes, its beginning. */
export async function tell(
  reader: Pick<SessionReader, "pieces">,
  exchange: RecordedExchange,
  listen: Listen,
  most = 4 * 1024 * 1024,
): Promise<Story> {
  const { opened, entries, ended } = exchange;
  const answer = entries.find((entry) => entry.k === "answer");
  const request = await bodyOf(reader.pieces(exchange, "request"), most);
  const response = await bodyOf(reader.pieces(exchange, "response"), most);
  const listener = listen(opened.protocol);
  const heard =
    listener === undefined ? [] : hear(listener.request(fieldsOf(opened.headers)), request);
  const replied =
    listener === undefined || answer === undefined
      ? []
      : hear(
          listener.response({ status: answer.status, fields: fieldsOf(answer.headers) }),
          response,
        );
  return { opened, entries, ended, answer, request, response, said: [...heard, ...replied] };
}

/** Leaves out of each exchange what earlier ones have told: model clients send all that was said with every request. */
export class NewlySaid {
  readonly #told = new Map<string, number>();

  of(said: readonly Said[]): readonly Said[] {
    const now = new Map<string, number>();
    const fresh = said.filter((one) => {
      const key = JSON.stringify([one.role, essence(one.part)]);
      const count = (now.get(key) ?? 0) + 1;
      now.set(key, count);
      return count > (this.#told.get(key) ?? 0);
    });
    for (const [key, count] of now) this.#told.set(key, Math.max(count, this.#told.get(key) ?? 0));
    return fresh;
  }
}

/** What is the same when it is sent back: clients drop ids, and space around text. */
function essence(part: Part): readonly string[] {
  if (part.kind === "toolCall") return [part.kind, part.name, part.arguments.replace(/\s/g, "")];
  return [part.kind, part.text.trim()];
}

function hear(listener: HalfListener, { bytes }: Body): readonly Said[] {
  return [...(bytes.length === 0 ? [] : listener.write(bytes)), ...listener.end()];
}

function fieldsOf(lines: readonly Line[]): Fields {
  // The content coding was undone before anything was kept.
  return new Fields(lines.filter(([name]) => name !== "content-encoding"));
}

async function bodyOf(pieces: AsyncGenerator<Piece>, most: number): Promise<Body> {
  const parts: Uint8Array[] = [];
  const times: (readonly [number, number])[] = [];
  let length = 0;
  for await (const { t, bytes } of pieces) {
    const room = most - length;
    parts.push(bytes.subarray(0, room));
    length += Math.min(bytes.length, room);
    times.push([t, length]);
    if (bytes.length > room) return { bytes: Buffer.concat(parts), times, cut: true };
  }
  return { bytes: Buffer.concat(parts), times, cut: false };
}
