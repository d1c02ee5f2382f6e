import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Secret } from "../../src/base/secret.ts";
import { type S3Options, s3Client } from "../../src/s3/client.ts";
import { listenLocally } from "./ports.ts";

const region = "test-region-1";
const accessKeyId = "TESTKEY";
const secretAccessKey = "test-secret-of-nobody";
const bucket = "evidence";

/** A small S3: one bucket in memory, Signature Version 4 checked, conditional writes, ranges, pages of listings. */
export interface TestS3 {
  readonly options: S3Options;
  readonly objects: ReadonlyMap<string, Buffer>;
  /** What the service does with the next requests: `down` breaks every connection. */
  mood: "up" | "down" | "slow down";
  /** Called before each write is carried out: for another writer to come first. */
  before: ((key: string) => Promise<void> | void) | undefined;
  /** Changes an object behind everybody's back. */
  tamper(key: string, body: Buffer): void;
  stop(): Promise<void>;
}

/** Starts one on a free port; `page` keys a listing page. */
export async function startS3(page = 1000): Promise<TestS3> {
  const objects = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    void handle(request, response).catch((error) => response.writeHead(500).end(String(error)));
  });
  const endpoint = `http://127.0.0.1:${await listenLocally(server)}`;
  const s3: TestS3 = {
    options: {
      ...{ endpoint, region, bucket, accessKeyId },
      secretAccessKey: new Secret(secretAccessKey),
    },
    objects,
    mood: "up",
    before: undefined,
    tamper: (key, body) => void objects.set(key, body),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return s3;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (s3.mood === "down") {
      request.socket.destroy();
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const url = new URL(request.url ?? "/", endpoint);
    const say = (status: number, code: string) =>
      response
        .writeHead(status, { "content-type": "application/xml" })
        .end(`<?xml version="1.0"?><Error><Code>${code}</Code></Error>`);
    if (s3.mood === "slow down") return void say(503, "SlowDown");
    if (!signed(request, url, body)) return void say(403, "SignatureDoesNotMatch");
    const [, name = "", ...path] = url.pathname.split("/").map(decodeURIComponent);
    if (name !== bucket) return void say(404, "NoSuchBucket");
    const key = path.join("/");
    if (key === "") return void list(url.searchParams, response);
    const write = request.method === "PUT" || request.method === "DELETE";
    if (write) await s3.before?.(key);
    // From here to the end without a pause: one write at a time, and every read sees the last.
    const found = objects.get(key);
    if (request.method === "PUT") {
      const absent = request.headers["if-none-match"] === "*";
      const match = request.headers["if-match"];
      if (absent && found !== undefined) return void say(412, "PreconditionFailed");
      if (match !== undefined && found === undefined) return void say(404, "NoSuchKey");
      if (match !== undefined && found !== undefined && match !== etag(found))
        return void say(412, "PreconditionFailed");
      objects.set(key, body);
      return void response.writeHead(200, { etag: etag(body) }).end();
    }
    if (request.method === "DELETE") {
      objects.delete(key);
      return void response.writeHead(204).end();
    }
    if (found === undefined) return void say(404, "NoSuchKey");
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    if (from === undefined || to === undefined)
      return void response.writeHead(200, { etag: etag(found) }).end(found);
    if (Number(from) >= found.length) return void say(416, "InvalidRange");
    response
      .writeHead(206, { etag: etag(found) })
      .end(found.subarray(Number(from), Number(to) + 1));
  }

  function list(query: URLSearchParams, response: ServerResponse): void {
    const prefix = query.get("prefix") ?? "";
    const after = query.get("continuation-token") ?? "";
    const keys = [...objects.keys()].sort().filter((key) => key.startsWith(prefix) && key > after);
    const shown = keys.slice(0, page);
    const more = keys.length > page ? shown.at(-1) : undefined;
    response
      .writeHead(200, { "content-type": "application/xml" })
      .end(
        `<?xml version="1.0"?><ListBucketResult>${shown
          .map((key) => `<Contents><Key>${escaped(key)}</Key></Contents>`)
          .join(
            "",
          )}${more === undefined ? "" : `<NextContinuationToken>${escaped(more)}</NextContinuationToken>`}</ListBucketResult>`,
      );
  }
}

/** A client of its own for that service, under a prefix if one is given. */
export function s3Of({ options }: TestS3, prefix = ""): ReturnType<typeof s3Client> {
  return s3Client({ ...options, prefix });
}

/** A client for such a service in another process. */
export function s3At(endpoint: string, prefix: string): ReturnType<typeof s3Client> {
  const secret = new Secret(secretAccessKey);
  return s3Client({ endpoint, region, bucket, accessKeyId, secretAccessKey: secret, prefix });
}

function etag(body: Buffer): string {
  return `"${createHash("md5").update(body).digest("hex")}"`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

/** Signature Version 4, computed anew from the request as it came. */
function signed(request: IncomingMessage, url: URL, body: Buffer): boolean {
  const [, credential = "", names = "", signature = ""] =
    /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      request.headers.authorization ?? "",
    ) ?? [];
  const [id, day = "", ...scope] = credential.split("/");
  if (id !== accessKeyId || scope.join("/") !== `${region}/s3/aws4_request`) return false;
  const stated = String(request.headers["x-amz-content-sha256"]);
  const digest = createHash("sha256").update(body).digest("hex");
  if (stated !== "UNSIGNED-PAYLOAD" && stated !== digest) return false;
  const time = String(request.headers["x-amz-date"]);
  const query = [...url.searchParams]
    .map(([name, value]) => `${rfc3986(name)}=${rfc3986(value)}`)
    .sort()
    .join("&");
  const path = url.pathname.split("/").map((part) => rfc3986(decodeURIComponent(part)));
  const headers = names
    .split(";")
    .map((name) => `${name}:${String(request.headers[name]).trim()}\n`);
  const canonical = [request.method, path.join("/"), query, headers.join(""), names, stated];
  const hashed = createHash("sha256").update(canonical.join("\n")).digest("hex");
  const text = ["AWS4-HMAC-SHA256", time, [day, ...scope].join("/"), hashed].join("\n");
  const key = [day, ...scope].reduce<Buffer>(
    (secret, part) => createHmac("sha256", secret).update(part).digest(),
    Buffer.from(`AWS4${secretAccessKey}`),
  );
  const expected = createHmac("sha256", key).update(text).digest();
  return timingSafeEqual(expected, Buffer.from(signature, "hex"));
}

function rfc3986(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
