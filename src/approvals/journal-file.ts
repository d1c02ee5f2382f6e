import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";

interface Waiting {
  readonly done: () => void;
  readonly failed: (cause: Error) => void;
}

/**
 * An append-only file of JSON lines, each behind its CRC-32. An append resolves when the line is on the disk;
 * after a crash a torn last line is dropped, and damage anywhere else is an error.
 */
export class JournalFile {
  readonly #dir: string;
  #generation: number;
  #handle: FileHandle;
  #bytes: number;
  #queue: string[] = [];
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | undefined;
  #failure: unknown;

  private constructor(dir: string, generation: number, handle: FileHandle, bytes: number) {
    this.#dir = dir;
    this.#generation = generation;
    this.#handle = handle;
    this.#bytes = bytes;
  }

  /** Opens the newest journal in that directory (made where missing), and gives every line that it holds. */
  static async open(
    dir: string,
  ): Promise<{ readonly journal: JournalFile; readonly lines: readonly unknown[] }> {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const generations = (await readdir(dir))
      .flatMap((name) => /^journal-([0-9]{1,12})\.log$/.exec(name)?.[1] ?? [])
      .map(Number);
    const generation = generations.reduce((most, number) => Math.max(most, number), 0);
    const handle = await open(join(dir, fileName(generation)), "a+", 0o600);
    const { lines, length } = readLines(await readFile(join(dir, fileName(generation))));
    await handle.truncate(length);
    await handle.sync();
    await syncDirectory(dir);
    return { journal: new JournalFile(dir, generation, handle, length), lines };
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Resolves once the line is durable. Lines that wait together share one sync. Once it failed, it fails for good. */
  append(line: unknown): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failed());
    this.#queue.push(encode(line));
    return new Promise((done, failed) => {
      this.#waiting.push({ done, failed });
      this.#flushing ??= this.#flush();
    });
  }

  /** Resolves once everything appended so far is durable. */
  async drained(): Promise<void> {
    await this.#flushing;
    if (this.#failure !== undefined) throw this.#failed();
  }

  /** Replaces the whole journal by these lines, which must say all that was appended before. Appends wait meanwhile. */
  async rewrite(lines: () => Iterable<unknown>): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing;
    // From here to the first await nobody can append, so the lines miss nothing that the old file has.
    const replaced = this.#replace([...lines()].map(encode).join(""));
    this.#flushing = replaced.catch((cause) => this.#fail(cause, [])).then(() => this.#flush());
    await replaced;
  }

  async close(): Promise<void> {
    await this.#flushing;
    await this.#handle.close();
  }

  async #replace(text: string): Promise<void> {
    const name = join(this.#dir, fileName(this.#generation + 1));
    const draft = await open(`${name}.tmp`, "w", 0o600);
    await draft.writeFile(text);
    await draft.sync();
    await draft.close();
    await rename(`${name}.tmp`, name);
    await syncDirectory(this.#dir);
    const old = this.#handle;
    this.#handle = await open(name, "a", 0o600);
    this.#generation += 1;
    this.#bytes = Buffer.byteLength(text);
    await old.close();
    await rm(join(this.#dir, fileName(this.#generation - 1)), { force: true });
  }

  async #flush(): Promise<void> {
    while (this.#queue.length > 0) {
      const text = this.#queue.join("");
      const waiting = this.#waiting;
      this.#queue = [];
      this.#waiting = [];
      try {
        if (this.#failure !== undefined) throw this.#failure;
        await this.#handle.appendFile(text);
        await this.#handle.datasync();
        this.#bytes += Buffer.byteLength(text);
        for (const { done } of waiting) done();
      } catch (cause) {
        this.#fail(cause, waiting);
      }
    }
    this.#flushing = undefined;
  }

  #fail(cause: unknown, waiting: readonly Waiting[]): void {
    this.#failure = cause;
    for (const { failed } of waiting) failed(this.#failed());
  }

  #failed(): Error {
    return new Error("the approvals journal cannot be written", { cause: this.#failure });
  }
}

function fileName(generation: number): string {
  return `journal-${generation}.log`;
}

function encode(line: unknown): string {
  const text = JSON.stringify(line);
  return `${crc32(text).toString(16).padStart(8, "0")} ${text}\n`;
}

function readLines(data: Buffer): { readonly lines: readonly unknown[]; readonly length: number } {
  const lines: unknown[] = [];
  let at = 0;
  while (at < data.length) {
    const end = data.indexOf(0x0a, at);
    const line = end === -1 ? undefined : decode(data.toString("utf8", at, end));
    if (line === undefined) {
      // Only what was being written when the process died may be bad, and nothing whole can follow it.
      if (end !== -1 && data.indexOf(0x0a, end + 1) !== -1)
        throw new Error(`the approvals journal is damaged at byte ${at}`);
      return { lines, length: at };
    }
    lines.push(line.value);
    at = end + 1;
  }
  return { lines, length: at };
}

function decode(text: string): { readonly value: unknown } | undefined {
  const body = text.slice(9);
  if (text.slice(0, 9) !== `${crc32(body).toString(16).padStart(8, "0")} `) return undefined;
  return { value: JSON.parse(body) as unknown };
}

async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
