import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { hashOf, parseCommit, parseTree } from "../protocols/objects/parse-object.ts";
import type { View } from "../provenance/changed-files.ts";

/** A checkout's objects, read by git itself, one after the other. */
export interface Checkout extends View {
  close(): void;
}

/** Longer objects, in bytes, are passed over: nothing of that size is looked into. */
const longest = 32 * 1024 * 1024;

/** Opens the repository of that folder. An object that it does not have is undefined. */
export function openCheckout(cwd: string): Checkout {
  const child = spawn("git", ["cat-file", "--batch"], { cwd, stdio: ["pipe", "pipe", "ignore"] });
  const bytes = new Bytes(child.stdout);
  // Its end is told by the answers that do not come.
  child.stdin.on("error", () => undefined);
  child.on("error", () => undefined);
  let queue: Promise<unknown> = Promise.resolve();
  const read = (id: string, wanted: string): Promise<Uint8Array | undefined> => {
    const found = queue.then(async () => {
      child.stdin.write(`${id}\n`);
      const [, type, size] = (await bytes.line()).split(" ");
      if (size === undefined) return undefined;
      const content = await bytes.take(Number(size) + 1, longest);
      return type === wanted ? content?.subarray(0, -1) : undefined;
    });
    queue = found.catch(() => undefined);
    return found;
  };
  return {
    commit: async (id) => {
      const content = await read(id, "commit");
      const commit = content && parseCommit(content);
      if (content === undefined || commit === undefined) return undefined;
      const all = Buffer.from(content).toString("utf8");
      return { ...commit, message: all.slice(all.indexOf("\n\n") + 2) };
    },
    tree: async (id) => {
      const content = await read(id, "tree");
      return content && parseTree(content, hashOf(id));
    },
    blob: (id) => read(id, "blob"),
    close: () => child.kill(),
  };
}

const lineFeed = 10;

/** The output of a program, asked for by line and by length. */
class Bytes {
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #ended = false;
  #wake: () => void = () => undefined;

  constructor(stream: NodeJS.ReadableStream) {
    stream.on("data", (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#size += chunk.length;
      this.#wake();
    });
    stream.on("end", () => {
      this.#ended = true;
      this.#wake();
    });
  }

  async line(): Promise<string> {
    for (;;) {
      const end = this.#joined().indexOf(lineFeed);
      if (end !== -1)
        return this.#cut(end + 1)
          .toString("latin1")
          .trimEnd();
      await this.#more();
    }
  }

  /** So many bytes; undefined, and the bytes passed over, where they are more than `most`. */
  async take(size: number, most: number): Promise<Buffer | undefined> {
    if (size <= most) {
      while (this.#size < size) await this.#more();
      return this.#cut(size);
    }
    for (let left = size; left > 0; ) {
      if (this.#size === 0) await this.#more();
      left -= this.#cut(Math.min(left, this.#size)).length;
    }
    return undefined;
  }

  #joined(): Buffer {
    if (this.#chunks.length > 1) this.#chunks.splice(0, Infinity, Buffer.concat(this.#chunks));
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  #cut(size: number): Buffer {
    const all = this.#joined();
    this.#chunks.splice(0, 1, all.subarray(size));
    this.#size -= size;
    return all.subarray(0, size);
  }

  async #more(): Promise<void> {
    if (this.#ended) throw new Error("git ended before it answered");
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** The commits of a range, or one commit, oldest first, so many at most; undefined where git knows no such thing here. */
export async function commitsIn(
  cwd: string,
  range: string,
  most: number,
): Promise<readonly string[] | undefined> {
  const one = /\.\./.test(range) ? [] : ["--no-walk"];
  const args = ["rev-list", `--max-count=${most}`, ...one, "--end-of-options", range, "--"];
  const child = spawn("git", args, { cwd, stdio: ["ignore", "pipe", "ignore"] });
  const closed = once(child, "close").catch(() => [1]);
  const said = await text(child.stdout);
  const [code] = await closed;
  return code === 0
    ? said
        .split("\n")
        .filter((line) => line !== "")
        .reverse()
    : undefined;
}
