import type { Status } from "./codes.ts";

/** How what is no call of gRPC is refused: by its method, its content type, or its length. */
export type Refusal = 405 | 415 | 431;

/** What a reason may count, encoded. */
const longestReason = 1024;

/** A line that no table keeps (RFC 7541 section 6.2.2), its name in full. */
function line(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.of(0), text(name), text(value)]);
}

/** The same, with a name of the fixed table. */
function known(index: number, value: string): Buffer {
  return Buffer.concat([number(index, 0x0f), text(value)]);
}

/** Section 5.2, without the code of Huffman. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value, "latin1");
  return Buffer.concat([number(bytes.length, 0x7f), bytes]);
}

/** Section 5.1, with no bit set before it. */
function number(value: number, mask: number): Buffer {
  if (value < mask) return Buffer.of(value);
  const bytes = [mask];
  let rest = value - mask;
  for (; rest >= 128; rest >>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}

const ok = Buffer.of(0x88);
const CONTENT_TYPE = 31;
const STATUS = 8;

/** The head of every answer that holds a message. */
export const head = Buffer.concat([ok, known(CONTENT_TYPE, "application/grpc")]);
const farewell = line("grpc-status", "0");

/** What ends a call. */
export function trailers(code: Status, reason?: string): Buffer {
  if (code === 0) return farewell;
  const told = reason === undefined ? [] : [line("grpc-message", percentEncoded(reason))];
  return Buffer.concat([line("grpc-status", `${code}`), ...told]);
}

/** The same where no head went before. */
export function trailersOnly(code: Status, reason?: string): Buffer {
  return Buffer.concat([head, trailers(code, reason)]);
}

/** The head of an answer to what is no call of gRPC; a text follows. */
export function plainHead(code: Refusal): Buffer {
  return Buffer.concat([known(STATUS, `${code}`), known(CONTENT_TYPE, "text/plain")]);
}

/** As gRPC over HTTP/2 wants it: UTF-8, with all but printable ASCII encoded, and the percent sign. */
function percentEncoded(reason: string): string {
  let encoded = "";
  for (const byte of Buffer.from(reason, "utf8")) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    const next = plain
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    if (encoded.length + next.length > longestReason) break;
    encoded += next;
  }
  return encoded.trim();
}
