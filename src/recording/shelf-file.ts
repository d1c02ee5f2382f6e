import { createHash, randomBytes } from "node:crypto";
import { createReadStream, readdirSync } from "node:fs";
import {
  appendFile,
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  truncate,
  writeFile,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { unlessMissing } from "../base/missing.ts";
import type { IndexLog, PartSink, PartSource, Shelf } from "./shelf.ts";

/** Recordings in a folder; files are this user's alone. */
export function folderShelf(dir: string): Shelf {
  const at = (path: string): string => join(dir, path);
  return {
    get: (path) => readFile(at(path)).catch(unlessMissing),
    put: async (path, bytes) => {
      await mkdir(dirname(at(path)), { recursive: true, mode: 0o700 });
      await replace(at(path), bytes);
    },
    remove: (folder) => shred(at(folder)),
    names: async (folder) => ((await readdir(at(folder)).catch(unlessMissing)) ?? []).sort(),
    append: (path) => new FileSink(at(path)),
    open: async (path) => {
      const file = await open(at(path)).catch(unlessMissing);
      return file === undefined ? undefined : sourceOf(file);
    },
    cut: (path, bytes) => truncate(at(path), bytes),
    digests: async function* (path) {
      const hash = createHash("sha256");
      for await (const chunk of createReadStream(at(path))) hash.update(chunk as Buffer);
      yield [basename(path), hash.digest("hex")];
    },
    index: indexFile(join(dir, "index.jsonl")),
  };
}

/** How many processes of a gateway have recorded in that folder: the first in itself, the others in `process-1` and so on. */
export function processesIn(dir: string): number {
  try {
    const numbers = readdirSync(dir).map((name) =>
      Number(/^process-(\d{1,2})$/.exec(name)?.[1] ?? 0),
    );
    return Math.max(0, ...numbers) + 1;
  } catch {
    return 1;
  }
}

class FileSink implements PartSink {
  readonly batch = { bytes: 0, ms: 0 };
  readonly #path: string;
  #handle: FileHandle | undefined;
  #unsynced = false;

  constructor(path: string) {
    this.#path = path;
  }

  async write(offset: number, bytes: Buffer): Promise<void> {
    if (this.#handle === undefined) {
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
      this.#handle = await open(this.#path, "wx", 0o600);
    }
    await this.#handle.write(bytes, 0, bytes.length, offset);
    this.#unsynced = true;
  }

  async sync(): Promise<void> {
    if (!this.#unsynced || this.#handle === undefined) return;
    this.#unsynced = false;
    await this.#handle.datasync();
  }

  async close(): Promise<void> {
    await this.#handle?.sync();
    await this.#handle?.close();
    this.#handle = undefined;
  }
}

async function sourceOf(file: FileHandle): Promise<PartSource> {
  const { size } = await file.stat();
  return {
    size,
    stride: 65_536,
    read: async (offset, length) => {
      const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, offset);
      return bytes.subarray(0, bytesRead);
    },
    close: () => file.close(),
  };
}

function indexFile(path: string): IndexLog {
  const within = () => mkdir(dirname(path), { recursive: true, mode: 0o700 });
  return {
    read: async () => (await readFile(path).catch(unlessMissing)) ?? Buffer.alloc(0),
    append: async (text) => {
      await within();
      await appendFile(path, text, { mode: 0o600 });
    },
    rewrite: async (text) => {
      await within();
      await replace(path, Buffer.from(text));
    },
  };
}

const mostOfKey = 65_536;

/** Overwritten first: what was a key is no key any more. */
async function shred(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const file = await open(join(folder, name), "r+").catch(() => undefined);
    // A key is small; what it opens need not be overwritten.
    const size = (await file?.stat())?.size ?? 0;
    if (size <= mostOfKey) await file?.write(randomBytes(size), 0);
    await file?.sync();
    await file?.close();
  }
  await rm(folder, { recursive: true, force: true });
}

/** Writes a file whole or not at all. */
async function replace(path: string, bytes: Uint8Array): Promise<void> {
  const draft = `${path}.new`;
  await writeFile(draft, bytes, { mode: 0o600, flush: true });
  await rename(draft, path);
}
