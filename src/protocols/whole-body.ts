import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";
import { err, ok, type Result } from "../base/result.ts";
import type { Refusal } from "../core/refusal.ts";
import type { Reply, RequestHead } from "../http/message.ts";
import { concat } from "../http/transform.ts";
import { asRead, completed, type Draft, type Drafts, type Judged, type Upstream } from "./draft.ts";
import { changesOf } from "./objects/writes.ts";
import { more, type RequestParser } from "./protocol.ts";

/** The longest JSON body that is read, in bytes, as sent and again once decoded. */
export const bodyLimit = 32 * 1024 * 1024;

type Refuse = (refusal: Refusal) => Reply;

/** A parser that needs no body: the head says it all. */
export function fromHead(drafts: Drafts, refuse: Refuse, upstream?: Upstream): RequestParser {
  const operations = asRead(drafts);
  return {
    begin: () => ({ kind: "read", operations }),
    write: () => ({ kind: "read", operations }),
    end: () => operations,
    ...resolving(() => drafts, upstream),
    refuse,
  };
}

/** A parser that reads the body whole, decoded by its `content-encoding`, before it answers. */
export function fromBody(
  head: RequestHead,
  read: (body: Uint8Array) => Drafts,
  refuse: Refuse,
  upstream?: Upstream,
): RequestParser {
  let chunks: Uint8Array[] = [];
  let size = 0;
  let drafts: Drafts = err("the body has not ended");
  return {
    begin: () => more,
    write: (chunk) => {
      size += chunk.length;
      if (size > bodyLimit)
        return { kind: "read", operations: err("the body is too large to be judged") };
      if (chunks.length === 0) chunks = [chunk];
      else chunks.push(chunk);
      return more;
    },
    end: () => {
      const body = decodeBody(head, concat(chunks));
      drafts = body.ok ? read(body.value) : body;
      return asRead(drafts);
    },
    ...resolving(() => drafts, upstream),
    refuse,
  };
}

/** One operation that nothing has to be looked up for. */
export function settled(operation: Draft["operation"]): Drafts {
  return ok([{ operation }]);
}

function resolving(
  drafts: () => Drafts,
  upstream: Upstream | undefined,
): Pick<RequestParser, "resolve" | "changes"> {
  if (upstream === undefined) return {};
  let known: Judged | undefined;
  return {
    resolve: async () => {
      known = await completed(drafts(), upstream);
      return known;
    },
    changes: async () => changesOf(written(drafts(), known), upstream.contents),
  };
}

/** Each file that is written, with the operation that writes it, as well as that is known. */
function written(drafts: Drafts, known: Judged | undefined) {
  if (!drafts.ok) return [];
  const operations = known?.ok === true ? known.value : [];
  const told = operations.length === drafts.value.length;
  return drafts.value.flatMap(({ operation, writes = [] }, i) =>
    writes.map((write) => ({
      ...write,
      operation: (told ? operations[i] : undefined) ?? operation,
    })),
  );
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
