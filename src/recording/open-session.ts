import { randomBytes } from "node:crypto";
import type { Direction } from "../core/recording.ts";
import { partKey } from "./block.ts";
import { type Entry, pieceOf } from "./entry.ts";
import { keyFolder, sessionFolder } from "./layout.ts";
import type { StoreOptions } from "./options.ts";
import { Part } from "./part.ts";
import type { SessionIndex } from "./session-index.ts";
import { summarise } from "./summary.ts";

/** A session to which things are added. Nothing here waits. */
export class OpenSession {
  readonly #name: string;
  readonly #options: StoreOptions;
  readonly #index: SessionIndex;
  readonly #parts = new Map<"rec" | "raw", Promise<Part> | Part>();
  readonly #began = new Map<number, number>();
  readonly #part: string;
  #exchanges = 0;
  #waiting: (() => void)[] = [];
  #waitingBytes = 0;
  idleSince: number | undefined;

  constructor(name: string, options: StoreOptions, index: SessionIndex) {
    this.#name = name;
    this.#options = options;
    this.#index = index;
    this.#part = `${options.clock.now()}-${randomBytes(4).toString("hex")}`;
  }

  get pending(): number {
    let sum = this.#waitingBytes;
    for (const part of this.#parts.values()) if (part instanceof Part) sum += part.pending;
    return sum;
  }

  /** The number by which the exchange goes in this part. */
  begin(at: number): number {
    const number = this.#exchanges++;
    this.#began.set(number, at);
    this.idleSince = undefined;
    return number;
  }

  entry(exchange: number, entry: Entry): void {
    const began = this.#began.get(exchange) ?? 0;
    const summary = summarise(
      this.#index.get(this.#name),
      this.#name,
      entry,
      began,
      this.#options.classes,
    );
    if (summary !== undefined) this.#index.set({ ...summary, state: "live" });
    this.#put("rec", "entries", exchange, entry.k === "open" ? 0 : entry.t, JSON.stringify(entry));
    if (entry.k !== "end") return;
    this.#began.delete(exchange);
    if (this.#began.size === 0) this.idleSince = this.#options.clock.now();
  }

  piece(exchange: number, direction: Direction, t: number, bytes: Uint8Array): void {
    this.#put("rec", direction, exchange, t, JSON.stringify(pieceOf(t, bytes)));
  }

  raw(exchange: number, direction: Direction, t: number, bytes: Uint8Array): void {
    this.#put("raw", direction, exchange, t, JSON.stringify(pieceOf(t, bytes)));
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
    this.#waitingBytes = 0;
    for (const put of waiting) put();
  }

  async sync(): Promise<void> {
    for (const part of this.#parts.values()) if (part instanceof Part) await part.sync();
  }

  async close(): Promise<void> {
    for (const part of this.#parts.values()) if (part instanceof Part) await part.close();
  }

  #put(
    kind: "rec" | "raw",
    block: "entries" | Direction,
    exchange: number,
    t: number,
    line: string,
  ): void {
    const part = this.#parts.get(kind);
    if (part instanceof Part) {
      part.put(block, exchange, t, line);
      return;
    }
    if (part === undefined) this.#parts.set(kind, this.#openPart(kind));
    this.#waitingBytes += line.length;
    this.#waiting.push(() => {
      const opened = this.#parts.get(kind);
      if (opened instanceof Part) opened.put(block, exchange, t, line);
    });
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
    return new Part(sink, partKey(key, this.#name, name), () => clock.now());
  }
}
