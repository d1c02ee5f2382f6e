import { Recent } from "../base/recent.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Direction } from "../core/recording.ts";
import {
  type BlockHead,
  exchangeMark,
  headBytes,
  openBlock,
  partKey,
  pieceMarks,
  readHead,
} from "./block.ts";
import type { Entry, Opened, Piece } from "./entry.ts";
import type { KeyWrap } from "./keys.ts";
import { keyFolder, sessionFolder } from "./layout.ts";
import type { PartSource, Shelf } from "./shelf.ts";

/** One recorded exchange: all that was noted of it, and where its bodies' pieces are. */
export interface RecordedExchange {
  readonly session: string;
  readonly opened: Opened;
  readonly entries: readonly Entry[];
  /** Whether it ended while it was recorded. */
  readonly ended: boolean;
  readonly body: Readonly<Record<Direction, BodyPlace>>;
}

interface BodyPlace {
  readonly part: string;
  readonly blocks: readonly PlacedBlock[];
}

interface PlacedBlock extends BlockHead {
  /** Byte offset of the block's head in the part. */
  readonly offset: number;
}

/** What a session's folder holds. */
export interface ReadSession {
  /** In the order in which they began. */
  readonly exchanges: readonly RecordedExchange[];
  /** Parts without a proper end: of a session that goes on, or of a gateway that died. */
  readonly open: readonly string[];
}

/** The error of whoever has nothing of a session. */
export const noSession = "there is no recording of that session";

/** Reads recordings; nothing of a body is read until it is asked for. */
export class SessionReader {
  readonly #shelf: Shelf;
  readonly #keys: KeyWrap;
  /** Of the parts that were read last: unwrapping one can take milliseconds. */
  readonly #opened = new Recent<Buffer>(mostKeys);

  constructor(shelf: Shelf, keys: KeyWrap) {
    this.#shelf = shelf;
    this.#keys = keys;
  }

  /** Everything but the bodies; an error where there is no such session, or it cannot be opened. */
  async session(session: string): Promise<Result<ReadSession>> {
    const names = await this.#shelf.names(sessionFolder(session));
    const parts = names.filter((name) => name.endsWith(".rec"));
    if (parts.length === 0) return err(noSession);
    const exchanges: RecordedExchange[] = [];
    const unfinished: string[] = [];
    for (const part of parts) {
      const read = await this.#part(session, part);
      if (!read.ok) return read;
      exchanges.push(...read.value.exchanges);
      if (!read.value.whole) unfinished.push(part);
    }
    exchanges.sort(
      (a, b) => a.opened.at - b.opened.at || compare(a.opened.record, b.opened.record),
    );
    return ok({ exchanges, open: unfinished });
  }

  /** The names of all sessions that have a recording, in order. */
  sessions(): Promise<readonly string[]> {
    return this.#shelf.names("sessions");
  }

  /** A body's pieces in order, those from so many milliseconds after the exchange's beginning on. */
  async *pieces(
    { session, body }: Pick<RecordedExchange, "session" | "body">,
    direction: Direction,
    fromMs = 0,
  ): AsyncGenerator<Piece> {
    const { part, blocks } = body[direction];
    if (blocks.length === 0) return;
    const key = await this.#key(session, part);
    if (!key.ok) throw new Error(key.error);
    // One that begins before that may hold some of it yet, also where the next begins at that very millisecond.
    const first = Math.max(
      0,
      blocks.findLastIndex(({ t }) => t < fromMs),
    );
    const source = await this.#source(session, part);
    try {
      for (const block of blocks.slice(first)) {
        const text = await readBlock(source, key.value, block);
        if (!text.ok) throw new Error(text.error);
        for (const line of pieceLines(text.value, block, direction)) {
          const piece = JSON.parse(line) as Piece;
          if (piece[0] >= fromMs) yield piece;
        }
      }
    } finally {
      await source.close();
    }
  }

  async #key(session: string, part: string): Promise<Result<Buffer>> {
    const name = part.replace(/\.rec$/, "");
    const path = `${keyFolder(session)}/${name}.${this.#keys.suffix}`;
    // Asked for each time: once it is destroyed, what is remembered here opens nothing.
    const wrapped = await this.#shelf.get(path);
    if (wrapped === undefined) return err("the session's key is gone: it was erased");
    const known = this.#opened.get(`${session}/${name}`);
    if (known !== undefined) return ok(known);
    const key = await this.#keys.unwrap(wrapped);
    if (!key.ok) return key;
    const opened = partKey(key.value, session, name);
    this.#opened.set(`${session}/${name}`, opened);
    return ok(opened);
  }

  async #source(session: string, part: string): Promise<PartSource> {
    const source = await this.#shelf.open(`${sessionFolder(session)}/${part}`);
    if (source === undefined) throw new Error(`${part} of ${session} is gone`);
    return source;
  }

  async #part(
    session: string,
    part: string,
  ): Promise<Result<{ readonly exchanges: RecordedExchange[]; readonly whole: boolean }>> {
    const key = await this.#key(session, part);
    if (!key.ok) return key;
    const source = await this.#source(session, part);
    try {
      const blocks = await scan(source);
      const drafts = await draftsOf(source, key.value, blocks);
      if (!drafts.ok) return drafts;
      const exchanges = [...drafts.value.values()].flatMap((draft) => finish(session, part, draft));
      return ok({ exchanges, whole: blocks.at(-1)?.kind === "last" });
    } finally {
      await source.close();
    }
  }
}

interface Draft {
  readonly entries: Entry[];
  readonly request: PlacedBlock[];
  readonly response: PlacedBlock[];
}

/** What each exchange has in a part: its entries, read, and where its bodies are. */
async function draftsOf(
  source: PartSource,
  key: Uint8Array,
  blocks: readonly PlacedBlock[],
): Promise<Result<ReadonlyMap<number, Draft>>> {
  const drafts = new Map<number, Draft>();
  const draftOf = (exchange: number): Draft => {
    const draft = drafts.get(exchange) ?? { entries: [], request: [], response: [] };
    drafts.set(exchange, draft);
    return draft;
  };
  for (const block of blocks) {
    if (block.kind === "last") continue;
    if (block.kind === "request" || block.kind === "response") {
      draftOf(block.exchange)[block.kind].push(block);
      continue;
    }
    const text = await readBlock(source, key, block);
    if (!text.ok) return text;
    for (const { exchange, t, lines } of sectionsOf(text.value, block))
      sort(lines, { ...block, exchange, t }, draftOf(exchange));
  }
  return ok(drafts);
}

interface Section {
  readonly exchange: number;
  /** When the first of it was, in milliseconds after the exchange began. */
  readonly t: number;
  readonly lines: readonly string[];
}

/** What a block holds, exchange by exchange. */
function sectionsOf(text: string, { kind, exchange, t }: BlockHead): readonly Section[] {
  const lines = text.split("\n");
  if (kind !== "exchanges") return [{ exchange, t, lines }];
  const sections: (Section & { readonly lines: string[] })[] = [];
  for (const line of lines)
    if (line.startsWith(exchangeMark)) {
      const [number, at] = line.slice(exchangeMark.length).split(" ");
      sections.push({ exchange: Number(number), t: Number(at), lines: [] });
    } else sections.at(-1)?.lines.push(line);
  return sections;
}

/** The lines of a block that are pieces of that body. */
function pieceLines(text: string, block: BlockHead, direction: Direction): readonly string[] {
  const section = sectionsOf(text, block).find(({ exchange }) => exchange === block.exchange);
  const lines = section?.lines ?? [];
  if (block.kind !== "exchange" && block.kind !== "exchanges") return lines;
  const mark = pieceMarks[direction];
  return lines.filter((line) => line.startsWith(mark)).map((line) => line.slice(mark.length));
}

/**
 * Takes the entries out of a block's lines, and notes of which bodies pieces are among them, from when on: what the block
 * says is the time of all that is in it, and a body may have begun in an earlier one.
 */
function sort(lines: readonly string[], block: PlacedBlock, draft: Draft): void {
  const first: Partial<Record<Direction, string>> = {};
  for (const line of lines)
    if (line.startsWith(pieceMarks.request)) first.request ??= line;
    else if (line.startsWith(pieceMarks.response)) first.response ??= line;
    else draft.entries.push(JSON.parse(line) as Entry);
  for (const direction of ["request", "response"] as const) {
    const line = first[direction];
    if (line === undefined) continue;
    const [t] = JSON.parse(line.slice(pieceMarks[direction].length)) as Piece;
    draft[direction].push({ ...block, t });
  }
}

function finish(session: string, part: string, draft: Draft): readonly RecordedExchange[] {
  const { entries, request, response } = draft;
  const opened = entries.find((entry) => entry.k === "open");
  if (opened === undefined) return [];
  const ended = entries.some((entry) => entry.k === "end");
  const body = { request: { part, blocks: request }, response: { part, blocks: response } };
  return [{ session, opened, entries, ended, body }];
}

const mostKeys = 128;

/** The heads of all whole blocks of a part, in order; reads no more of bodies than it must to step over them. */
export async function scan(source: PartSource): Promise<readonly PlacedBlock[]> {
  const { size, stride } = source;
  const blocks: PlacedBlock[] = [];
  let window: Buffer = Buffer.alloc(0);
  let start = 0;
  for (let offset = 0; offset + headBytes <= size; ) {
    if (offset < start || offset + headBytes > start + window.length) {
      start = offset;
      window = await source.read(offset, stride);
    }
    const head = readHead(window.subarray(offset - start, offset - start + headBytes));
    if (!head.ok || offset + headBytes + head.value.length > size) break;
    blocks.push({ ...head.value, offset });
    offset += headBytes + head.value.length;
  }
  return blocks;
}

async function readBlock(
  source: PartSource,
  key: Uint8Array,
  { offset, length }: PlacedBlock,
): Promise<Result<string>> {
  const bytes = await source.read(offset, headBytes + length);
  return openBlock(key, bytes.subarray(0, headBytes), bytes.subarray(headBytes));
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
