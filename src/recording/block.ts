import { createCipheriv, createDecipheriv, hkdfSync, type KeyObject } from "node:crypto";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { err, ok, type Result } from "../base/result.ts";

/**
 * What a block of a part holds: entries, a body's pieces, nothing (at a part's proper end), or all that there was of a
 * small exchange, or of several.
 */
export type BlockKind = "entries" | "request" | "response" | "last" | "exchange" | "exchanges";

/** Blocks beyond this many bytes of content are closed; the rest goes to the next. */
export const blockBytes = 65_536;

/**
 * The 20 bytes before each block, big-endian: length of what follows (4), kind (1), compressed (1), zero (2), the block's
 * number in its part (4), the exchange's number in its part (4), milliseconds of its first piece after the exchange began (4).
 * They are authenticated with the block.
 */
export interface BlockHead {
  readonly length: number;
  readonly kind: BlockKind;
  readonly compressed: boolean;
  readonly block: number;
  readonly exchange: number;
  readonly t: number;
}

export const headBytes = 20;
const tagBytes = 16;
const kinds: readonly BlockKind[] = [
  "entries",
  "request",
  "response",
  "last",
  "exchange",
  "exchanges",
];
/** Bytes that are set aside for what a block is compressed to, before more is. */
const mostAside = 16 * 1024;
/** No block is longer, so that a damaged length is not believed. */
const longestBlock = 64 * 1024 * 1024;

/** The key of one part: HKDF-SHA256 of the session's key, for that session, part and channel alone. */
export function partKey(sessionKey: Uint8Array, session: string, part: string): Buffer {
  const info = `sallyport-recording/1 ${session} ${part}`;
  return Buffer.from(hkdfSync("sha256", sessionKey, "", info, 32));
}

/**
 * A block as it stands in the file: Zstandard (RFC 8878), then AES-256-GCM whose nonce is the block's number. Done at
 * once: handing a block of a few kilobytes to another thread costs ten times what compressing it does.
 */
export function sealBlock(
  key: KeyObject,
  head: Omit<BlockHead, "length" | "compressed">,
  plain: Buffer,
): Buffer {
  const packed = plain.length > 128 ? compressed(plain) : plain;
  const smaller = packed.length < plain.length;
  const body = smaller ? packed : plain;
  const header = writeHead({ ...head, compressed: smaller, length: body.length + tagBytes });
  const cipher = createCipheriv("aes-256-gcm", key, nonceOf(head.block));
  cipher.setAAD(header);
  return Buffer.concat([header, cipher.update(body), cipher.final(), cipher.getAuthTag()]);
}

/**
 * Where it is not told how long the content is, zlib sets 16 KiB aside for each block, garbage that outlives a short one,
 * and the compressor the tables for one without end.
 */
function compressed(plain: Buffer): Buffer {
  const { length } = plain;
  return zstdCompressSync(plain, {
    chunkSize: Math.min(length, mostAside),
    pledgedSrcSize: length,
  });
}

/** What is in a block; an error where a bit of it or of its head was changed, or the key is another's. */
export function openBlock(key: Uint8Array, header: Uint8Array, sealed: Buffer): Result<Buffer> {
  const head = readHead(header);
  if (!head.ok) return head;
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, nonceOf(head.value.block));
    decipher.setAAD(header);
    decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes));
    const body = decipher.update(sealed.subarray(0, sealed.length - tagBytes));
    decipher.final();
    const plain = head.value.compressed
      ? zstdDecompressSync(body, { maxOutputLength: longestBlock })
      : body;
    return ok(plain);
  } catch {
    return err(`block ${head.value.block} was changed, or this is not its key`);
  }
}

/** Reads a block's head; an error where it is not one. */
export function readHead(bytes: Uint8Array): Result<BlockHead> {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < headBytes) return err("a block's head is cut");
  const length = view.readUInt32BE(0);
  const kind = kinds[view.readUInt8(4)];
  if (
    kind === undefined ||
    length < tagBytes ||
    length > longestBlock ||
    view.readUInt16BE(6) !== 0
  )
    return err("this is not a block");
  return ok({
    length,
    kind,
    compressed: view.readUInt8(5) === 1,
    block: view.readUInt32BE(8),
    exchange: view.readUInt32BE(12),
    t: view.readUInt32BE(16),
  });
}

function writeHead(head: BlockHead): Buffer {
  const bytes = Buffer.alloc(headBytes);
  bytes.writeUInt32BE(head.length, 0);
  bytes.writeUInt8(kinds.indexOf(head.kind), 4);
  bytes.writeUInt8(head.compressed ? 1 : 0, 5);
  bytes.writeUInt32BE(head.block, 8);
  bytes.writeUInt32BE(head.exchange, 12);
  bytes.writeUInt32BE(Math.min(Math.max(0, Math.round(head.t)), 0xffff_ffff), 16);
  return bytes;
}

/** A key is one part's alone and a number is used once in it, so that no nonce comes twice. */
function nonceOf(block: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(block, 8);
  return nonce;
}
