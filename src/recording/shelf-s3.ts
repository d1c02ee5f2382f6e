import { createHash } from "node:crypto";
import type { S3 } from "../s3/client.ts";
import { bucketIndex } from "./index-s3.ts";
import type { PartSink, PartSource, Shelf } from "./shelf.ts";

/** Objects are no longer than this, so that one request carries each. */
const mostInOne = 8 * 1024 * 1024;
/** What is read at once: a request costs more than the bytes. */
const windowBytes = 1024 * 1024;

/**
 * Recordings in a bucket. Nothing there can be appended to, so a part is a folder of pieces, each named by its first byte
 * and its length; one after the other they are the part. What was uploaded is whole blocks, never half of one.
 */
export function bucketShelf(s3: S3): Shelf {
  return {
    get: async (path) => (await s3.get(path))?.body,
    put: async (path, bytes) => {
      await s3.put(path, bytes);
    },
    remove: async (folder) => {
      for await (const key of s3.list(`${folder}/`)) await s3.remove(key);
    },
    names: async (folder) => {
      const names = new Set<string>();
      for await (const key of s3.list(`${folder}/`))
        names.add(key.slice(folder.length + 1).split("/")[0] ?? "");
      return [...names];
    },
    append: (path) => new BucketSink(s3, path),
    open: (path) => openPart(s3, path),
    // A piece is there whole or not at all.
    cut: async () => undefined,
    digests: async function* (path) {
      const part = path.slice(path.lastIndexOf("/") + 1);
      for (const { key } of await piecesOf(s3, path)) {
        const object = await s3.get(key);
        if (object === undefined) throw new Error(`${key} is gone`);
        const sha256 = createHash("sha256").update(object.body).digest("hex");
        yield [`${part}/${key.slice(path.length + 1)}`, sha256];
      }
    },
    index: bucketIndex(s3),
  };
}

interface BucketPiece {
  readonly key: string;
  readonly offset: number;
  readonly length: number;
}

const digits = 12;

class BucketSink implements PartSink {
  readonly batch = { bytes: 1024 * 1024, ms: 5000 };
  readonly #s3: S3;
  readonly #path: string;

  constructor(s3: S3, path: string) {
    this.#s3 = s3;
    this.#path = path;
  }

  async write(offset: number, bytes: Buffer): Promise<void> {
    for (let from = 0; from < bytes.length; from += mostInOne) {
      const piece = bytes.subarray(from, from + mostInOne);
      const name = `${String(offset + from).padStart(digits, "0")}-${piece.length}`;
      await this.#s3.put(`${this.#path}/${name}`, piece);
    }
  }

  // What S3 has acknowledged is durable.
  async sync(): Promise<void> {}
  async close(): Promise<void> {}
}

/** The pieces of a part in order, up to the first that is missing. */
async function piecesOf(s3: S3, path: string): Promise<readonly BucketPiece[]> {
  const pieces: BucketPiece[] = [];
  let end = 0;
  for await (const key of s3.list(`${path}/`)) {
    const [, offset, length] = /^(\d{12})-(\d+)$/.exec(key.slice(path.length + 1)) ?? [];
    if (Number(offset) !== end) continue;
    pieces.push({ key, offset: end, length: Number(length) });
    end += Number(length);
  }
  return pieces;
}

async function openPart(s3: S3, path: string): Promise<PartSource | undefined> {
  const pieces = await piecesOf(s3, path);
  const last = pieces.at(-1);
  if (last === undefined) return undefined;
  let window: { readonly offset: number; readonly bytes: Buffer } = {
    offset: 0,
    bytes: Buffer.alloc(0),
  };
  /** The bytes from there on that one request gives. */
  const from = async (offset: number): Promise<Buffer> => {
    const within = offset - window.offset;
    if (within >= 0 && within < window.bytes.length) return window.bytes.subarray(within);
    const piece = pieces.findLast((one) => one.offset <= offset);
    if (piece === undefined) return Buffer.alloc(0);
    const bytes = await s3.range(piece.key, offset - piece.offset, windowBytes);
    if (bytes === undefined || bytes.length === 0) throw new Error(`${piece.key} is gone or cut`);
    window = { offset, bytes };
    return bytes;
  };
  const size = last.offset + last.length;
  return {
    size,
    stride: windowBytes,
    read: async (offset, length) => {
      const parts: Buffer[] = [];
      const end = Math.min(size, offset + length);
      for (let at = offset; at < end; ) {
        const part = (await from(at)).subarray(0, end - at);
        parts.push(part);
        at += part.length;
      }
      return Buffer.concat(parts);
    },
    close: async () => undefined,
  };
}
