import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";
import type { NonEmpty } from "../base/non-empty.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Operation } from "../core/operation.ts";
import type { Refusal } from "../core/refusal.ts";
import type { Reply, RequestHead } from "../http/message.ts";
import { concat } from "../http/transform.ts";
import { more, type RequestParser } from "./protocol.ts";

/** What a parser makes of a request. */
export type Judged = Result<NonEmpty<Operation>>;

/** The longest JSON body that is read, in bytes, as sent and again once decoded. */
export const bodyLimit = 32 * 1024 * 1024;

/** A parser that needs no body: the head says it all. */
export function fromHead(judged: Judged, refuse: (refusal: Refusal) => Reply): RequestParser {
  return {
    begin: () => ({ kind: "read", operations: judged }),
    write: () => ({ kind: "read", operations: judged }),
    end: () => judged,
    refuse,
  };
}

/** A parser that reads the body whole, decoded by its `content-encoding`, before it answers. */
export function fromBody(
  head: RequestHead,
  read: (body: Uint8Array) => Judged,
  refuse: (refusal: Refusal) => Reply,
): RequestParser {
  const chunks: Uint8Array[] = [];
  let size = 0;
  return {
    begin: () => more,
    write: (chunk) => {
      size += chunk.length;
      if (size > bodyLimit)
        return { kind: "read", operations: err("the body is too large to be judged") };
      chunks.push(chunk);
      return more;
    },
    end: () => {
      const body = decodeBody(head, concat(chunks));
      return body.ok ? read(body.value) : body;
    },
    refuse,
  };
}

/** Undoes `content-encoding` (RFC 9110 section 8.4), one coding at most. */
export function decodeBody(head: RequestHead, body: Uint8Array): Result<Uint8Array> {
  const codings = head.fields.all("content-encoding").join(",").toLowerCase();
  const coding = codings.trim();
  if (coding === "" || coding === "identity" || body.length === 0) return ok(body);
  const decode = decoders.get(coding);
  if (decode === undefined) return err("the content-encoding is not one that can be judged");
  try {
    return ok(decode(body));
  } catch {
    return err("the body does not decode as its content-encoding says");
  }
}

const limit = { maxOutputLength: bodyLimit };
const decoders = new Map<string, (body: Uint8Array) => Uint8Array>([
  ["gzip", (body) => gunzipSync(body, limit)],
  ["x-gzip", (body) => gunzipSync(body, limit)],
  ["deflate", (body) => inflateSync(body, limit)],
  ["br", (body) => brotliDecompressSync(body, limit)],
  ["zstd", (body) => zstdDecompressSync(body, limit)],
]);
