import { AwsClient } from "aws4fetch";
import { err, ok, type Result } from "../base/result.ts";
import type { Secret } from "../base/secret.ts";

export interface S3Options {
  /** The service itself (`https://s3.eu-central-1.amazonaws.com`, `http://minio:9000`); buckets go into the path. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** What every key begins with: empty, or something that ends in a slash. */
  readonly prefix?: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken?: Secret;
  /** How long one request may take, in milliseconds; 30,000 unless told. */
  readonly timeout?: number;
}

/** An object as it was read; the tag changes with the content. */
export interface S3Object {
  readonly body: Buffer;
  readonly etag: string;
}

/** What must hold for an object to be written: that there is none of that key, or still the one of that tag. */
export type Condition =
  | { readonly kind: "absent" }
  | { readonly kind: "unchanged"; readonly etag: string };

/** One bucket, or the part of it under a prefix. Every method rejects when the service cannot be had or will not do it. */
export interface S3 {
  /** Undefined where there is no such object. */
  get(key: string): Promise<S3Object | undefined>;
  /** Up to `length` bytes from `offset`; fewer only at the end. Undefined where there is no such object. */
  range(key: string, offset: number, length: number): Promise<Buffer | undefined>;
  /** Durable once it resolves; gives the new tag. `conflict`: the condition did not hold, and nothing was written. */
  put(key: string, body: Uint8Array, condition?: Condition): Promise<Result<string, "conflict">>;
  /** No error where there is none. */
  remove(key: string): Promise<void>;
  /** The keys that begin with `start`, in order, without the prefix. */
  list(start: string): AsyncGenerator<string>;
}

/** Talks to any S3-compatible service (Signature Version 4; RFC 9110 conditional requests). */
export function s3Client(options: S3Options): S3 {
  const { endpoint, bucket, prefix = "", region, accessKeyId, timeout = 30_000 } = options;
  const signer = new AwsClient({
    accessKeyId,
    secretAccessKey: options.secretAccessKey.reveal(),
    ...(options.sessionToken === undefined ? {} : { sessionToken: options.sessionToken.reveal() }),
    region,
    service: "s3",
    retries: 0,
  });
  const base = `${endpoint.replace(/\/$/, "")}/${encodeURIComponent(bucket)}`;
  const urlOf = (key: string): string =>
    `${base}/${(prefix + key).split("/").map(encodeURIComponent).join("/")}`;
  const ask = async (url: string, init: RequestInit): Promise<Answer> => {
    const signal = AbortSignal.timeout(timeout);
    const request = await signer.sign(url, { ...init, redirect: "error" });
    const response = await fetch(request, { signal });
    // Read within the time limit, and so that the connection can be used again.
    const body = Buffer.from(await response.arrayBuffer());
    return { status: response.status, headers: response.headers, body };
  };
  return {
    get: async (key) => {
      const answer = await ask(urlOf(key), { method: "GET" });
      if (answer.status === 404) return absent(answer);
      if (answer.status !== 200) throw failed("read", key, answer);
      return { body: answer.body, etag: etagOf(answer) };
    },
    range: async (key, offset, length) => {
      if (length === 0) return Buffer.alloc(0);
      const headers = { range: `bytes=${offset}-${offset + length - 1}` };
      const answer = await ask(urlOf(key), { method: "GET", headers });
      if (answer.status === 404) return absent(answer);
      // Nothing lies so far: the end.
      if (answer.status === 416) return Buffer.alloc(0);
      if (answer.status === 206) return answer.body;
      if (answer.status === 200) return answer.body.subarray(offset, offset + length);
      throw failed("read", key, answer);
    },
    put: async (key, body, condition) => {
      const answer = await ask(urlOf(key), {
        method: "PUT",
        body: new Uint8Array(body),
        headers: conditionHeaders(condition),
      });
      if (answer.status === 412 || answer.status === 409) return err("conflict");
      // A condition on an object that is gone: AWS says 404.
      if (answer.status === 404 && condition?.kind === "unchanged") return err("conflict");
      if (answer.status !== 200) throw failed("written", key, answer);
      return ok(etagOf(answer));
    },
    remove: async (key) => {
      const answer = await ask(urlOf(key), { method: "DELETE" });
      if (![200, 204, 404].includes(answer.status)) throw failed("removed", key, answer);
    },
    list: async function* (start) {
      let token: string | undefined;
      do {
        const query = new URLSearchParams({ "list-type": "2", prefix: prefix + start });
        if (token !== undefined) query.set("continuation-token", token);
        const answer = await ask(`${base}?${query}`, { method: "GET" });
        if (answer.status !== 200) throw failed("listed", start, answer);
        const page = answer.body.toString();
        for (const key of elements(page, "Key")) yield key.slice(prefix.length);
        [token] = elements(page, "NextContinuationToken");
      } while (token !== undefined);
    },
  };
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

function conditionHeaders(condition: Condition | undefined): Record<string, string> {
  if (condition === undefined) return {};
  return condition.kind === "absent" ? { "if-none-match": "*" } : { "if-match": condition.etag };
}

/** A missing object is an answer, a missing bucket is not. */
function absent(answer: Answer): undefined {
  if (codeOf(answer) === "NoSuchBucket") throw new Error("the S3 bucket does not exist");
  return undefined;
}

function etagOf({ headers }: Answer): string {
  return headers.get("etag") ?? "";
}

function failed(what: string, key: string, answer: Answer): Error {
  return new Error(`S3: ${key} cannot be ${what}: ${answer.status} ${codeOf(answer) ?? ""}`.trim());
}

function codeOf({ body }: Answer): string | undefined {
  return elements(body.toString("utf8", 0, 4096), "Code")[0];
}

/** The texts of the elements of that name, in a document as flat as S3's are. */
function elements(xml: string, name: string): readonly string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"))].map(([, text = ""]) =>
    text.replace(/&(lt|gt|quot|apos|amp|#\d+|#x[0-9a-fA-F]+);/g, (_, entity) => character(entity)),
  );
}

const named: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  amp: "&",
};

function character(entity: string): string {
  if (entity.startsWith("#x")) return String.fromCodePoint(Number.parseInt(entity.slice(2), 16));
  if (entity.startsWith("#")) return String.fromCodePoint(Number(entity.slice(1)));
  return named[entity] ?? "";
}
