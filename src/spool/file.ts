import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { OpenSpool, Spool } from "./spool.ts";

const READ_SIZE = 65_536;

/**
 * Spools that keep up to `memory` bytes in memory and the rest in a file of `dir` that has no name (it is unlinked as
 * soon as it is open) and no meaning (AES-256-CTR under a key that only this process ever holds).
 */
export function fileSpools(dir: string, memory: number): OpenSpool {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  return () => new FileSpool(dir, memory);
}

class FileSpool implements Spool {
  readonly #dir: string;
  readonly #memory: number;
  #chunks: Uint8Array[] = [];
  #inMemory = 0;
  #overflow: Overflow | undefined;
  #closed = false;

  constructor(dir: string, memory: number) {
    this.#dir = dir;
    this.#memory = memory;
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#closed || chunk.length === 0) return undefined;
    if (this.#overflow === undefined && this.#inMemory + chunk.length <= this.#memory) {
      // Mostly there is one, and a list of one takes no room for more.
      if (this.#chunks.length === 0) this.#chunks = [chunk];
      else this.#chunks.push(chunk);
      this.#inMemory += chunk.length;
      return undefined;
    }
    this.#overflow ??= new Overflow(this.#dir);
    return this.#overflow.write(chunk);
  }

  async take(): Promise<Uint8Array | undefined> {
    for (;;) {
      const first = this.#chunks.shift();
      if (first !== undefined) {
        this.#inMemory -= first.length;
        return first;
      }
      const overflow = this.#overflow;
      if (overflow === undefined) return undefined;
      const next = await overflow.take();
      if (next !== undefined) return next;
      // What was being written meanwhile comes next; none of it may be taken for nothing.
      if (this.#overflow !== overflow || !overflow.empty) continue;
      // An emptied overflow is dropped, so that what comes later is kept in memory again.
      overflow.close();
      this.#overflow = undefined;
      return undefined;
    }
  }

  close(): void {
    this.#closed = true;
    this.#chunks = [];
    this.#overflow?.close();
    this.#overflow = undefined;
  }
}

/** One nameless, enciphered file: written at its end, read from its start, one operation at a time. */
class Overflow {
  readonly #file: Promise<FileHandle>;
  readonly #encipher;
  readonly #decipher;
  /** Bytes that were given to be written, bytes that are in the file, bytes that were read back. */
  #written = 0;
  #stored = 0;
  #read = 0;
  #queue: Promise<unknown>;

  constructor(dir: string) {
    const key = randomBytes(32);
    const iv = randomBytes(16);
    this.#encipher = createCipheriv("aes-256-ctr", key, iv);
    this.#decipher = createDecipheriv("aes-256-ctr", key, iv);
    this.#file = openNameless(dir);
    this.#queue = this.#file;
    this.#queue.catch(() => undefined);
  }

  get empty(): boolean {
    return this.#read === this.#written;
  }

  write(chunk: Uint8Array): Promise<void> {
    const at = this.#written;
    this.#written += chunk.length;
    return this.#next(async (file) => {
      await file.write(this.#encipher.update(chunk), 0, chunk.length, at);
      this.#stored = at + chunk.length;
    });
  }

  take(): Promise<Uint8Array | undefined> {
    return this.#next(async (file) => {
      const length = Math.min(READ_SIZE, this.#stored - this.#read);
      if (length === 0) return undefined;
      const { bytesRead, buffer } = await file.read(
        Buffer.allocUnsafe(length),
        0,
        length,
        this.#read,
      );
      if (bytesRead !== length)
        throw new Error("the spool file is shorter than what was written to it");
      this.#read += length;
      return this.#decipher.update(buffer);
    });
  }

  close(): void {
    void this.#next((file) => file.close()).catch(() => undefined);
  }

  #next<T>(act: (file: FileHandle) => Promise<T>): Promise<T> {
    const result = this.#queue.then(() => this.#file).then(act);
    this.#queue = result.catch(() => undefined);
    return result;
  }
}

async function openNameless(dir: string): Promise<FileHandle> {
  const path = join(dir, `spool-${randomBytes(8).toString("hex")}`);
  const file = await open(path, "wx+", 0o600);
  await unlink(path);
  return file;
}
