import { createHash } from "node:crypto";
import { once } from "node:events";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { plantedSecret } from "./secret.ts";
import { cut, type Route, readAll, stream, type Visit } from "./visit.ts";

/**
 * Answers that are legal but rare, or hostile, to see how a gateway bears them. Parameters come in the query:
 * - `/test/echo`: the request as it arrived; bodies over 64 KiB as their size and SHA-256 alone
 * - `/test/secret?cut=&write=`: the planted secret in plain text, the first write ending `cut` bytes into it
 * - `/test/encoded?coding=gzip|br|deflate`: encoded whatever the client accepts
 * - `/test/status/NNN`: that status, with a body where one may be
 * - `/test/trailers`: a chunked body with trailers, the planted secret in one of them
 * - `/test/bytes?n=&write=&length=1`: `n` bytes, with a content-length if asked
 * - `/test/slow?n=&ms=`: `n` lines, `ms` apart
 * - `/test/reset?after=`: the connection is reset `after` that many bytes of body (none: before the head)
 * - `/test/early`: answers 200 without reading the body
 * - `/test/hang`: answers when the client has left
 * - `/test/header?name=&value=`: that response header
 */
export const oddRoutes: readonly Route[] = [
  ["*", /^\/test\/echo$/, echo],
  ["*", /^\/test\/secret$/, secret],
  ["*", /^\/test\/encoded$/, encoded],
  ["*", /^\/test\/status\/(\d{3})$/, status],
  ["*", /^\/test\/trailers$/, trailers],
  ["*", /^\/test\/bytes$/, bytes],
  ["*", /^\/test\/slow$/, slow],
  ["*", /^\/test\/reset$/, reset],
  ["*", /^\/test\/early$/, (visit) => void visit.response.end("early")],
  ["*", /^\/test\/hang$/, async (visit) => void (await once(visit.response, "close"))],
  ["*", /^\/test\/header$/, header],
];

function query(visit: Visit, name: string, fallback: number): number {
  return Number(visit.url.searchParams.get(name) ?? fallback);
}

async function echo(visit: Visit): Promise<void> {
  const body = await readAll(visit);
  const { request } = visit;
  const small = body.length <= 65_536;
  const text = JSON.stringify({
    method: request.method,
    target: request.url,
    headers: request.rawHeaders,
    trailers: request.rawTrailers,
    bytes: body.length,
    sha256: createHash("sha256").update(body).digest("hex"),
    ...(small ? { body: body.toString("latin1") } : {}),
  });
  visit.response.setHeader("content-type", "application/json");
  visit.response.end(text);
}

async function secret(visit: Visit): Promise<void> {
  const before = Buffer.from("before ");
  const whole = Buffer.concat([before, Buffer.from(`${plantedSecret} after\n`)]);
  const at = before.length + query(visit, "cut", 17);
  const write = query(visit, "write", 0);
  visit.response.setHeader("content-type", "text/plain; charset=utf-8");
  await stream(visit, write > 0 ? cut(whole, write) : [whole.subarray(0, at), whole.subarray(at)]);
}

function encoded(visit: Visit): void {
  const text = Buffer.from(JSON.stringify({ login: "demo-bot", token: plantedSecret }));
  const coding = visit.url.searchParams.get("coding") ?? "gzip";
  const coders = { gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync };
  const coder = coders[coding as keyof typeof coders] ?? gzipSync;
  visit.response.writeHead(200, { "content-type": "application/json", "content-encoding": coding });
  visit.response.end(coder(text));
}

function status(visit: Visit, code = "200"): void {
  const bare = code === "204" || code === "304" || visit.method === "HEAD";
  visit.response.writeHead(Number(code), {
    etag: '"demo"',
    ...(code === "204" ? {} : { "content-type": "application/json" }),
    ...(visit.method === "HEAD" ? { "content-length": 11 } : {}),
  });
  visit.response.end(bare ? undefined : '{"ok":true}');
}

async function trailers(visit: Visit): Promise<void> {
  visit.response.writeHead(200, { "content-type": "text/plain", trailer: "x-checksum, x-note" });
  visit.response.write("body before trailers\n");
  visit.response.addTrailers({ "x-checksum": "abc123", "x-note": plantedSecret });
  visit.response.end();
  await once(visit.response, "close");
}

async function bytes(visit: Visit): Promise<void> {
  const total = query(visit, "n", 1024);
  const block = Buffer.alloc(Math.max(1, query(visit, "write", 65_536)), "0123456789abcdef\n");
  visit.response.writeHead(200, {
    "content-type": "application/octet-stream",
    ...(visit.url.searchParams.has("length") ? { "content-length": total } : {}),
  });
  async function* blocks(): AsyncGenerator<Buffer> {
    for (let left = total; left > 0; left -= block.length) yield block.subarray(0, left);
  }
  await pipeline(blocks, visit.response);
}

async function slow(visit: Visit): Promise<void> {
  visit.response.setHeader("content-type", "text/plain");
  const count = query(visit, "n", 5);
  async function* lines(): AsyncGenerator<string> {
    for (let line = 1; line <= count; line++) {
      yield `line ${line}\n`;
      await sleep(query(visit, "ms", 20));
    }
  }
  await pipeline(lines, visit.response);
}

async function reset(visit: Visit): Promise<void> {
  const after = visit.url.searchParams.get("after");
  if (after !== null) {
    visit.response.writeHead(200, { "content-type": "text/plain" });
    await new Promise((resolve) => visit.response.write("x".repeat(Number(after)), resolve));
  }
  visit.request.socket.resetAndDestroy();
}

function header(visit: Visit): void {
  const parameters = visit.url.searchParams;
  visit.response.setHeader(parameters.get("name") ?? "x-demo", parameters.get("value") ?? "demo");
  visit.response.end("ok\n");
}
