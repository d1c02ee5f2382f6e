import { randomBytes } from "node:crypto";
import { own } from "../base/own-bytes.ts";
import type { Direction } from "../core/recording.ts";
import { Backlog } from "./backlog.ts";
import { partKey } from "./block.ts";
import type { Entry } from "./entry.ts";
import { keyFolder, sessionFolder } from "./layout.ts";
import type { StoreOptions } from "./options.ts";
import { Part } from "./part.ts";
import type { SessionIndex } from "./session-index.ts";
import { spelled } from "./spelled.ts";
import { begun, type Growing, grow } from "./summary.ts";

/** A session to which things are added. Nothing here waits. */
export class OpenSession {
  /** What of it waits to be written. */
  readonly backlog: Backlog;
  readonly #name: string;
  readonly #options: StoreOptions;
  readonly #index: SessionIndex;
  readonly #parts = new Map<"rec" | "raw", Promise<Part> | Part>();
  readonly #began = new Map<number, number>();
  readonly #part: string;
  #summary: Growing | undefined;
  #exchanges = 0;
  /** What came before its part was open, and its bytes. */
  #waiting: (() => void)[] = [];
  #waitingBytes = 0;
  idleSince: number | undefined;

  constructor(name: string, options: StoreOptions, index: SessionIndex, all: Backlog) {
    this.#name = name;
    this.#options = options;
    this.#index = index;
    this.backlog = new Backlog(all);
    this.#part = `${options.clock.now()}-${randomBytes(4).toString("hex")}`;
  }

  /** The number by which the exchange goes in this part. */
  begin(at: number): number {
    const number = this.#exchanges++;
    this.#began.set(number, at);
    this.idleSince = undefined;
    return number;
  }

  entry(exchange: number, entry: Entry): void {
    this.#sumUp(entry, this.#began.get(exchange) ?? 0);
    const t = entry.k === "open" ? 0 : entry.t;
    const json = spelled(entry);
    const isEnd = entry.k === "end";
    const part = this.#parts.get("rec");
    if (part instanceof Part) part.entry(exchange, t, json, isEnd);
    else this.#later("rec", (opened) => opened.entry(exchange, t, json, isEnd), json.length);
    if (!isEnd) return;
    this.#began.delete(exchange);
    if (this.#began.size === 0) this.idleSince = this.#options.clock.now();
  }

  /** A piece of a body as it is kept; its bytes must not change afterwards. */
  piece(exchange: number, direction: Direction, t: number, bytes: Uint8Array): void {
    this.#piece("rec", exchange, direction, t, bytes);
  }

  raw(exchange: number, direction: Direction, t: number, bytes: Uint8Array): void {
    this.#piece("raw", exchange, direction, t, bytes);
  }

  /** Writes all that was taken so far; rejects when the place does not take it. */
  async flush(): Promise<void> {
    await this.#openParts();
    for (const part of this.#parts.values()) if (part instanceof Part) await part.flush();
  }

  /** Writes what is due. */
  async drain(): Promise<void> {
    await this.#openParts();
    for (const part of this.#parts.values()) if (part instanceof Part) await part.drain();
  }

  async #openParts(): Promise<void> {
    for (const [kind, part] of this.#parts)
      if (!(part instanceof Part)) {
        try {
          const opened = await part;
          this.#parts.set(kind, opened);
        } catch (error) {
          // Tried again with the next flush: what waits still waits.
          this.#parts.set(kind, this.#openPart(kind));
          throw error;
        }
      }
    const waiting = this.#waiting;
    this.#waiting = [];
    this.backlog.add(-this.#waitingBytes);
    this.#waitingBytes = 0;
    for (const put of waiting) put();
  }

  async sync(): Promise<void> {
    for (const part of this.#parts.values()) if (part instanceof Part) await part.sync();
  }

  async close(): Promise<void> {
    for (const part of this.#parts.values()) if (part instanceof Part) await part.close();
  }

  #piece(
    kind: "rec" | "raw",
    exchange: number,
    direction: Direction,
    t: number,
    bytes: Uint8Array,
  ): void {
    const kept = own(bytes);
    const part = this.#parts.get(kind);
    if (part instanceof Part) part.piece(direction, exchange, t, kept);
    else this.#later(kind, (opened) => opened.piece(direction, exchange, t, kept), kept.length);
  }

  /** Opens the part, if nobody does, and does that once it is open. */
  #later(kind: "rec" | "raw", put: (part: Part) => void, bytes: number): void {
    if (!this.#parts.has(kind)) this.#parts.set(kind, this.#openPart(kind));
    this.#waitingBytes += bytes;
    this.backlog.add(bytes);
    this.#waiting.push(() => {
      const opened = this.#parts.get(kind);
      if (opened instanceof Part) put(opened);
    });
  }

  /** One summary that grows, and not a new one for each entry. */
  #sumUp(entry: Entry, began: number): void {
    const known = this.#index.get(this.#name);
    if (known === undefined || known !== this.#summary) {
      this.#summary = begun(known, this.#name, entry);
      if (this.#summary === undefined) return;
      this.#index.set(this.#summary);
    }
    const { from } = this.#summary;
    grow(this.#summary, entry, began, this.#options.classes);
    if (this.#summary.from === from) this.#index.touch(this.#name);
    else this.#index.set(this.#summary);
  }

  /** The key is on the disk before anything that it opens. */
  #openPart(kind: "rec" | "raw"): Promise<Part> {
    const opening = this.#makePart(kind);
    opening.catch(() => undefined);
    return opening;
  }

  async #makePart(kind: "rec" | "raw"): Promise<Part> {
    const { shelf, keys, rawKeys, clock } = this.#options;
    const wrap = kind === "rec" ? keys : rawKeys;
    if (wrap === undefined) throw new TypeError("nobody is named who could open raw recordings");
    const name = kind === "rec" ? this.#part : `${this.#part}.raw`;
    const key = randomBytes(32);
    await this.#index.flush();
    const wrapped = await wrap.wrap(key);
    await shelf.put(`${keyFolder(this.#name)}/${name}.${wrap.suffix}`, wrapped);
    const file = kind === "rec" ? `${name}.rec` : name;
    const sink = shelf.append(`${sessionFolder(this.#name)}/${file}`);
    return new Part(sink, partKey(key, this.#name, name), () => clock.now(), this.backlog);
  }
}
