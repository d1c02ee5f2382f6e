import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Direction } from "../core/recording.ts";
import { partKey } from "./block.ts";
import { type Entry, pieceOf } from "./entry.ts";
import type { SessionIndex } from "./index-file.ts";
import { keyFolder, sessionFolder } from "./layout.ts";
import type { StoreOptions } from "./options.ts";
import { PartFile } from "./part-file.ts";
import { replace } from "./seal-file.ts";
import { summarise } from "./summary.ts";

/** A session to which things are added. Nothing here waits. */
export class OpenSession {
  readonly #name: string;
  readonly #options: StoreOptions;
  readonly #index: SessionIndex;
  readonly #parts = new Map<"rec" | "raw", Promise<PartFile> | PartFile>();
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
    for (const part of this.#parts.values()) if (part instanceof PartFile) sum += part.pending;
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

  async flush(): Promise<void> {
    for (const [kind, part] of this.#parts)
      if (!(part instanceof PartFile)) {
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
    for (const part of this.#parts.values()) if (part instanceof PartFile) await part.flush();
  }

  async sync(): Promise<void> {
    for (const part of this.#parts.values()) if (part instanceof PartFile) await part.sync();
  }

  async close(): Promise<void> {
    for (const part of this.#parts.values()) if (part instanceof PartFile) await part.close();
  }

  #put(
    kind: "rec" | "raw",
    block: "entries" | Direction,
    exchange: number,
    t: number,
    line: string,
  ): void {
    const part = this.#parts.get(kind);
    if (part instanceof PartFile) {
      part.put(block, exchange, t, line);
      return;
    }
    if (part === undefined) this.#parts.set(kind, this.#openPart(kind));
    this.#waitingBytes += line.length;
    this.#waiting.push(() => {
      const opened = this.#parts.get(kind);
      if (opened instanceof PartFile) opened.put(block, exchange, t, line);
    });
  }

  /** The key is on the disk before anything that it opens. */
  #openPart(kind: "rec" | "raw"): Promise<PartFile> {
    const opening = this.#makePart(kind);
    opening.catch(() => undefined);
    return opening;
  }

  async #makePart(kind: "rec" | "raw"): Promise<PartFile> {
    const { dir, keys, rawKeys } = this.#options;
    const wrap = kind === "rec" ? keys : rawKeys;
    if (wrap === undefined) throw new TypeError("nobody is named who could open raw recordings");
    const name = kind === "rec" ? this.#part : `${this.#part}.raw`;
    const key = randomBytes(32);
    const folder = keyFolder(dir, this.#name);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await mkdir(sessionFolder(dir, this.#name), { recursive: true, mode: 0o700 });
    await this.#index.flush();
    await replace(join(folder, `${name}.${wrap.suffix}`), await wrap.wrap(key));
    const file = join(sessionFolder(dir, this.#name), kind === "rec" ? `${name}.rec` : name);
    return new PartFile(file, partKey(key, this.#name, name));
  }
}
