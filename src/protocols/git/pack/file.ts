import { type Cipheriv, createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { closeSync, mkdirSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { OpenPackSpool, PackSpool } from "./spool.ts";

const BLOCK = 16;

/**
 * Spools in a file of `dir` that has no name (unlinked as soon as it is open) and no meaning to anybody else
 * (AES-256-CTR under a key that only this process ever holds). Opened at the first byte.
 */
export function filePackSpools(dir: string): OpenPackSpool {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  return () => new FilePackSpool(dir);
}

class FilePackSpool implements PackSpool {
  readonly #dir: string;
  readonly #key = randomBytes(32);
  readonly #iv = randomBytes(BLOCK);
  readonly #cipher: Cipheriv;
  #file: number | undefined;
  #size = 0;
  #closed = false;

  constructor(dir: string) {
    this.#dir = dir;
    this.#cipher = createCipheriv("aes-256-ctr", this.#key, this.#iv);
  }

  get size(): number {
    return this.#size;
  }

  append(chunk: Uint8Array): void {
    if (this.#closed || chunk.length === 0) return;
    this.#file ??= openNameless(this.#dir);
    const bytes = this.#cipher.update(chunk);
    for (let done = 0; done < bytes.length; )
      done += writeSync(this.#file, bytes, done, bytes.length - done, this.#size + done);
    this.#size += bytes.length;
  }

  read(offset: number, length: number): Uint8Array {
    const wanted = Math.max(0, Math.min(length, this.#size - offset));
    if (this.#file === undefined || wanted === 0) return new Uint8Array(0);
    // The key stream is made block by block, so reading begins at a block's start.
    const skip = offset % BLOCK;
    const bytes = Buffer.allocUnsafe(wanted + skip);
    for (let done = 0; done < bytes.length; ) {
      const count = readSync(this.#file, bytes, done, bytes.length - done, offset - skip + done);
      if (count === 0) throw new Error("the spool file is shorter than what was written to it");
      done += count;
    }
    const counter = counterAt(this.#iv, (offset - skip) / BLOCK);
    const plain = createDecipheriv("aes-256-ctr", this.#key, counter).update(bytes);
    return plain.subarray(skip);
  }

  close(): void {
    this.#closed = true;
    this.#size = 0;
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

/** The counter block that many blocks on (NIST SP 800-38A, appendix B.1). */
function counterAt(iv: Buffer, blocks: number): Buffer {
  const value = (BigInt(`0x${iv.toString("hex")}`) + BigInt(blocks)) & ((1n << 128n) - 1n);
  return Buffer.from(value.toString(16).padStart(BLOCK * 2, "0"), "hex");
}

function openNameless(dir: string): number {
  const path = join(dir, `push-${randomBytes(9).toString("base64url")}`);
  const file = openSync(path, "wx+", 0o600);
  unlinkSync(path);
  return file;
}
