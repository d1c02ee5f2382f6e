import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { type BlockKind, sealBlock } from "./block.ts";

/** Blocks beyond this many bytes of text are closed; the rest goes to the next. */
const blockBytes = 65_536;

interface Filling {
  readonly kind: BlockKind;
  readonly exchange: number;
  readonly t: number;
  lines: string[];
  bytes: number;
}

/**
 * One file of blocks, appended to and never changed. What is put in waits in memory until `flush`; a write that fails is
 * tried again by the next one, from the same place, so that a full disk leaves nothing half written.
 */
export class PartFile {
  readonly path: string;
  readonly #key: Uint8Array;
  readonly #hash: Hash = createHash("sha256");
  #handle: FileHandle | undefined;
  #filling = new Map<string, Filling>();
  #ready: Filling[] = [];
  #sealed: { readonly block: Buffer; readonly plain: number }[] = [];
  #blocks = 0;
  #size = 0;
  #pending = 0;
  #unsynced = false;
  #flushing: Promise<void> = Promise.resolve();

  constructor(path: string, key: Uint8Array) {
    this.path = path;
    this.#key = key;
  }

  /** Bytes of text that are not on the disk yet. */
  get pending(): number {
    return this.#pending;
  }

  /** Takes one line (no line break in it) of that kind, of that exchange. */
  put(kind: BlockKind, exchange: number, t: number, line: string): void {
    const name = `${kind} ${exchange}`;
    const filling = this.#filling.get(name) ?? { kind, exchange, t, lines: [], bytes: 0 };
    filling.lines.push(line);
    filling.bytes += line.length;
    this.#pending += line.length;
    this.#filling.set(name, filling);
    if (filling.bytes < blockBytes) return;
    this.#filling.delete(name);
    this.#ready.push(filling);
  }

  /** Writes all that was put in before. Rejects when the disk does not take it; nothing is lost then. */
  flush(): Promise<void> {
    const next = this.#flushing.catch(() => undefined).then(() => this.#write());
    this.#flushing = next;
    return next;
  }

  /** Makes it outlive the machine. */
  async sync(): Promise<void> {
    if (!this.#unsynced || this.#handle === undefined) return;
    this.#unsynced = false;
    await this.#handle.datasync();
  }

  /** Ends the part properly, and gives its SHA-256 in hex. */
  async close(): Promise<string> {
    await this.flush();
    this.#ready.push({ kind: "last", exchange: 0, t: 0, lines: [], bytes: 0 });
    await this.flush();
    await this.#handle?.sync();
    await this.#handle?.close();
    this.#handle = undefined;
    return this.#hash.digest("hex");
  }

  async #write(): Promise<void> {
    const fillings = [...this.#ready, ...this.#filling.values()];
    this.#ready = [];
    this.#filling = new Map();
    for (const { kind, exchange, t, lines, bytes } of fillings) {
      const head = { kind, exchange, t, block: this.#blocks++ };
      const block = await sealBlock(this.#key, head, lines.join("\n"));
      this.#hash.update(block);
      this.#sealed.push({ block, plain: bytes });
    }
    for (let next = this.#sealed[0]; next !== undefined; next = this.#sealed[0]) {
      const { block, plain } = next;
      this.#handle ??= await open(this.path, "wx", 0o600);
      await this.#handle.write(block, 0, block.length, this.#size);
      this.#size += block.length;
      this.#unsynced = true;
      this.#sealed.shift();
      this.#pending -= plain;
    }
  }
}
