import { Recent } from "../base/recent.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Direction } from "../core/recording.ts";
import { type BlockHead, headBytes, openBlock, partKey, readHead } from "./block.ts";
import { type BlockRecord, directionOf, mark, recordsOf } from "./block-records.ts";
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
        const sections = await readBlock(source, key.value, block);
        if (!sections.ok) throw new Error(sections.error);
        const records = sections.value.get(block.exchange) ?? [];
        yield* piecesAmong(records, direction).filter(({ t }) => t >= fromMs);
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
    const sections = await readBlock(source, key, block);
    if (!sections.ok) return sections;
    for (const [exchange, records] of sections.value)
      sort(records, { ...block, exchange }, draftOf(exchange));
  }
  return ok(drafts);
}

function piecesAmong(records: readonly BlockRecord[], direction: Direction): readonly Piece[] {
  return records
    .filter(({ mark: of }) => directionOf(of) === direction)
    .map(({ number: t, bytes }) => ({ t, bytes }));
}

/**
 * Takes the entries out of a block's records, and notes of which bodies pieces are among them, from when on: what the block
 * says is the time of all that is in it, and a body may have begun in an earlier one.
 */
function sort(records: readonly BlockRecord[], block: PlacedBlock, draft: Draft): void {
  for (const { mark: of, bytes } of records)
    if (of === mark.entry) draft.entries.push(JSON.parse(bytes.toString()) as Entry);
  for (const direction of ["request", "response"] as const) {
    const [first] = piecesAmong(records, direction);
    if (first !== undefined) draft[direction].push({ ...block, t: first.t });
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

/** What a block holds, by exchange. */
async function readBlock(
  source: PartSource,
  key: Uint8Array,
  { offset, length, block, exchange }: PlacedBlock,
): Promise<Result<ReadonlyMap<number, readonly BlockRecord[]>>> {
  const bytes = await source.read(offset, headBytes + length);
  const content = openBlock(key, bytes.subarray(0, headBytes), bytes.subarray(headBytes));
  if (!content.ok) return content;
  const records = recordsOf(content.value);
  if (!records.ok) return err(`block ${block}: ${records.error}`);
  let own: BlockRecord[] = [];
  const sections = new Map([[exchange, own]]);
  for (const record of records.value)
    if (record.mark === mark.exchange) {
      own = sections.get(record.number) ?? [];
      sections.set(record.number, own);
    } else own.push(record);
  return ok(sections);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
