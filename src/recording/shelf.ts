/**
 * Where recordings lie: a folder, or a bucket. Paths are relative to it, with slashes between names. Every method rejects
 * when the place cannot be had or does not take it.
 */
export interface Shelf {
  /** Undefined where there is none. */
  get(path: string): Promise<Buffer | undefined>;
  /** Whole or not at all; outlives the machine once it resolves. */
  put(path: string, bytes: Uint8Array): Promise<void>;
  /** Does away with all that lies in a folder, with the bytes themselves where that can be had. */
  remove(folder: string): Promise<void>;
  /** The names of what lies in a folder, in order; none where there is no such folder. */
  names(folder: string): Promise<readonly string[]>;
  /** A new part, to be appended to. */
  append(path: string): PartSink;
  /** A part, to be read; undefined where there is none. */
  open(path: string): Promise<PartSource | undefined>;
  /** Cuts off what a crash has left of a block at the end of a part: all beyond that many bytes. */
  cut(path: string, bytes: number): Promise<void>;
  /** The files that make up a part, under the names by which `sha256sum -c` finds them beside `SHA256SUMS`, with their SHA-256. */
  digests(path: string): AsyncGenerator<readonly [name: string, sha256: string]>;
  /** The lines of summaries. */
  readonly index: IndexLog;
}

/** One part that is being written. */
export interface PartSink {
  /** How much is put together into one write, and for how many milliseconds at most. */
  readonly batch: { readonly bytes: number; readonly ms: number };
  /** Writes these bytes, whole blocks, at that offset. What rejected may be tried again with the same bytes. */
  write(offset: number, bytes: Buffer): Promise<void>;
  /** Makes what was written outlive the machine. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** One part that is being read. */
export interface PartSource {
  readonly size: number;
  /** How much is worth reading at once. */
  readonly stride: number;
  /** Those bytes; fewer only at the end. */
  read(offset: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** Lines that are only ever added to, of which the last about a thing counts. */
export interface IndexLog {
  read(): Promise<Buffer>;
  append(text: string): Promise<void>;
  /** Puts this in the place of all that was there. */
  rewrite(text: string): Promise<void>;
}
