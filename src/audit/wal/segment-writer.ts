import { join } from "node:path";
import type { AppendFile, Disk } from "./disk-file.ts";
import { encodeFrame } from "./frame.ts";
import { type Position, type SegmentHeader, type SegmentSpan, segmentName } from "./segment.ts";

export interface SegmentWriterOptions {
  readonly dir: string;
  readonly disk: Disk;
  readonly durable: boolean;
  readonly segmentBytes: number;
}

/** What a new segment must say of the log so far, its predecessor apart. */
export type Heading = Omit<SegmentHeader, "v" | "prior">;

/** Appends to the newest segment and begins a new one when it is full or broken. */
export class SegmentWriter {
  readonly #options: SegmentWriterOptions;
  readonly #chain: SegmentSpan[];
  #file: AppendFile | undefined;
  #number = 0;

  constructor(options: SegmentWriterOptions, chain: readonly SegmentSpan[]) {
    this.#options = options;
    this.#chain = [...chain];
  }

  /** The segments so far, oldest first, as far as they are durable. */
  segments(): readonly SegmentSpan[] {
    return this.#chain;
  }

  /** Where the next bytes will stand. */
  end(): Position {
    const last = this.#chain.at(-1);
    return { segment: last?.segment ?? "", offset: last?.end ?? 0 };
  }

  /** Resolves with their place when the bytes are durable; when it rejects, none of them count. */
  async append(bytes: Uint8Array, heading: () => Heading): Promise<Position> {
    const file = await this.#current(heading);
    const { segment, offset } = this.end();
    try {
      await file.write(bytes, offset);
    } catch (error) {
      await this.#takeBack(file, offset);
      throw error;
    }
    this.#chain[this.#chain.length - 1] = { segment, end: offset + bytes.length };
    return { segment, offset };
  }

  /** Removes the oldest segment, never the last; gives whether there was one to remove. */
  async dropOldest(): Promise<boolean> {
    const oldest = this.#chain[0];
    if (oldest === undefined || this.#chain.length < 2) return false;
    await this.#options.disk.remove(join(this.#options.dir, oldest.segment));
    this.#chain.shift();
    return true;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  /** What a failed write left is cut off; where that fails too, the next segment's header says where this one ends. */
  async #takeBack(file: AppendFile, size: number): Promise<void> {
    try {
      await file.truncate(size);
    } catch {
      this.#file = undefined;
      await file.close().catch(() => undefined);
    }
  }

  async #current(heading: () => Heading): Promise<AppendFile> {
    const full = this.#file;
    if (full !== undefined && this.end().offset < this.#options.segmentBytes) return full;
    const file = await this.#begin(heading());
    await full?.close();
    return file;
  }

  async #begin(heading: Heading): Promise<AppendFile> {
    const header: SegmentHeader = { v: 1, ...heading, prior: this.#chain.at(-1) ?? null };
    const segment = segmentName(heading.boot, this.#number);
    const path = join(this.#options.dir, segment);
    this.#number += 1;
    const file = await this.#options.disk.create(path, this.#options.durable);
    const bytes = encodeFrame(Buffer.from(JSON.stringify(header)));
    try {
      await file.write(bytes, 0);
    } catch (error) {
      await file.close().catch(() => undefined);
      await this.#options.disk.remove(path).catch(() => undefined);
      throw error;
    }
    this.#file = file;
    this.#chain.push({ segment, end: bytes.length });
    return file;
  }
}
