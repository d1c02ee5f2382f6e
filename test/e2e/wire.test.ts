import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask } from "../../src/demo/ask.ts";
import { type BareStack, residentMiB, startBareStack } from "../support/bare-stack.ts";
import { H2Client, RawClient, run } from "../support/clients.ts";

/** What the gateway does to the bytes of exchanges that it lets through, on a real Envoy. */
let stack: BareStack;
let h2: H2Client;
let ca: string;

beforeAll(async () => {
  stack = await startBareStack();
  h2 = await H2Client.connect(stack);
  ca = readFileSync(stack.ca, "utf8");
});
afterAll(async () => {
  h2?.close();
  await stack?.stop();
});

const echo = "/api/v3/test/echo";

describe("the upstream sees the stored credential and nothing of the client's", () => {
  test("over HTTP/2, with every header that could give something away", async () => {
    await h2.ask("/api/v3/user", {
      headers: {
        authorization: "token runner-token",
        "proxy-authorization": "Basic cnVubmVyOnRva2Vu",
        cookie: "user_session=runner",
        "x-sallyport-allow": "true",
        "x-forwarded-for": "10.1.2.3",
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
        tracestate: "a=b",
        baggage: "a=b",
        range: "bytes=0-3",
        "accept-encoding": "gzip, br",
      },
    });
    const seen = stack.upstream.log.at(-1)?.headers ?? {};
    expect(seen["authorization"]).toBe("Bearer stored-credential-of-the-test");
    expect(seen["accept-encoding"]).toBe("identity");
    expect(JSON.stringify(seen)).not.toMatch(/runner|cnVubmVy/);
    for (const name of Object.keys(seen))
      expect(name).not.toMatch(/^(x-sallyport|x-forwarded|x-request-id|x-envoy|trace|baggage)/);
    for (const name of ["cookie", "proxy-authorization", "range"])
      expect(seen).not.toHaveProperty(name);
  });

  test("a header that names another method than the one judged goes nowhere", async () => {
    const before = stack.upstream.log.length;
    const headers = { "x-http-method-override": "DELETE" };
    const answer = await h2.ask("/api/v3/repos/acme/app", { headers });
    expect(answer.status).toBe(400);
    expect(stack.upstream.log.length).toBe(before);
  });

  test("the intent names the client's trace as a link, never as a parent", () => {
    const intent = stack.intents[0];
    expect(intent?.link).toContain("0af7651916cd43dd8448eb211c80319c");
    expect(intent?.parent).toBeUndefined();
  });
});

describe("bodies arrive byte for byte", () => {
  const sizes = [0, 1, 4, 65_536, 65_537, 1_048_577, 9_000_000];
  test.each(sizes)("%i bytes over HTTP/2", async (size) => {
    const body = Buffer.alloc(size, "0123456789abcdef\n");
    const answer = await h2.ask(echo, { method: "POST", body });
    const { bytes, sha256 } = JSON.parse(answer.body.toString());
    expect([bytes, sha256]).toEqual([size, createHash("sha256").update(body).digest("hex")]);
  });

  test.each(sizes)("%i bytes over HTTP/1.1, chunked", async (size) => {
    const client = await RawClient.connect(stack);
    await client.write(
      `POST ${echo} HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n`,
    );
    const body = Buffer.alloc(size, "fedcba9876543210\n");
    for (let at = 0; at < size; at += 700_000) {
      const chunk = body.subarray(at, at + 700_000);
      await client.write(`${chunk.length.toString(16)}\r\n`);
      await client.write(chunk);
      await client.write("\r\n");
    }
    await client.write("0\r\n\r\n");
    const text = await client.until(() => client.socket.closed, 20_000);
    expect(text).toContain(`"bytes":${size},`);
    expect(text).toContain(createHash("sha256").update(body).digest("hex"));
  });

  test("a body that comes late, and in single bytes", async () => {
    async function* late(): AsyncIterable<Uint8Array> {
      for (const byte of Buffer.from("late and slow")) {
        await new Promise((resolve) => setImmediate(resolve));
        yield Buffer.from([byte]);
      }
    }
    const answer = await h2.ask(echo, { method: "POST", body: late() });
    expect(JSON.parse(answer.body.toString()).body).toBe("late and slow");
  });

  test("a 5 MB response, over both versions", async () => {
    const path = "/api/v3/test/bytes?n=5000000&length=1";
    const one = await ask(stack.proxy + path, { ca });
    const two = await h2.ask(path);
    expect(one.text.length).toBe(5_000_000);
    expect(two.body.toString("latin1")).toBe(one.text);
  });
});

describe("answers without a body, and with trailers", () => {
  test.each([204, 304])("%i", async (status) => {
    const answer = await h2.ask(`/api/v3/test/status/${status}`);
    expect([answer.status, answer.body.length]).toEqual([status, 0]);
  });

  test("HEAD", async () => {
    const answer = await h2.ask("/api/v3/test/bytes?n=100", { method: "HEAD" });
    expect([answer.status, answer.body.length]).toEqual([200, 0]);
  });

  test("trailers come through", async () => {
    const answer = await h2.ask("/api/v3/test/trailers");
    expect(answer.body.toString()).toContain("body before trailers");
    expect(Object.keys(answer.trailers)).toEqual(expect.arrayContaining(["x-checksum", "x-note"]));
  });

  test("an answer before the request's body has ended", async () => {
    const body = Buffer.alloc(300_000);
    const answer = await h2.ask("/api/v3/test/early", { method: "POST", body });
    expect(answer.body.toString()).toBe("early");
  });
});

describe("a response that cannot be read is withheld", () => {
  test.each(["gzip", "br", "deflate"])("%s, though identity was asked for", async (coding) => {
    const answer = await h2.ask(`/api/v3/test/encoded?coding=${coding}`);
    if (answer.status === 200) expect(answer.body.toString()).toContain('"login":"demo-bot"');
    else expect(answer.status).toBe(502);
  });

  test("a connection that breaks in the middle is not ended as if it were whole", async () => {
    const answer = await h2.ask("/api/v3/test/reset?after=100000").catch(() => undefined);
    if (answer !== undefined) expect(answer.status).toBeGreaterThanOrEqual(500);
  });
});

describe("memory stays flat", () => {
  test("100 MB up, and 60 MB down to a client that reads slowly", async () => {
    const before = residentMiB(stack.envoy.pid);
    const piece = Buffer.alloc(1_000_000, "x");
    async function* hundred(): AsyncIterable<Uint8Array> {
      for (let count = 0; count < 100; count += 1) yield piece;
    }
    const up = await h2.ask(echo, { method: "POST", body: hundred() });
    expect(JSON.parse(up.body.toString()).bytes).toBe(100_000_000);
    const client = await RawClient.connect(stack);
    let received = 0;
    client.socket.removeAllListeners("data");
    client.socket.pause();
    await client.write(
      "GET /api/v3/test/bytes?n=60000000 HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
    );
    let highest = 0;
    await new Promise<void>((resolve) => {
      client.socket.on("data", (chunk: Buffer) => {
        received += chunk.length;
        client.socket.pause();
        highest = Math.max(highest, residentMiB(stack.envoy.pid));
        setTimeout(() => client.socket.resume(), 1);
      });
      client.socket.on("close", () => resolve());
      client.socket.resume();
    });
    expect(received).toBeGreaterThan(60_000_000);
    expect(highest - before).toBeLessThan(80);
  }, 60_000);
});

describe("paths", () => {
  test.each([
    ["/api/v3/x/../user", 200],
    ["/api/v3//user", 200],
    ["/api/v3/./user", 200],
    ["/api/v3/%2e/user", 200],
    ["/API/v3/user", 404],
    ["/api/v3/user;a=b", 400],
    ["/api/v3/%2e%2e/%2e%2e/etc", 404],
    ["/api/v3/a%5cb", 400],
    ["/api/v3/a%2f..%2fuser", 400],
    ["/api/v3/a%252fb", 400],
    ["/api/v3/a%00b", 400],
    ["/elsewhere", 404],
  ])("%s is answered %i, and forwarded in one spelling only", async (path, status) => {
    const client = await RawClient.connect(stack);
    const before = stack.upstream.log.length;
    await client.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
    expect(await client.status()).toBe(status);
    const seen = stack.upstream.log.slice(before).map((request) => request.path);
    expect(seen).toEqual(status === 200 ? ["/user"] : []);
  });
});

describe("two ways in", () => {
  test("by host, without the layout's prefix", async () => {
    const answer = await h2.ask("/user", { headers: { ":authority": "api.github.com" } });
    expect(answer.status).toBe(200);
    expect(stack.upstream.log.at(-1)?.path).toBe("/user");
  });

  test("by forward proxy, with a certificate of the internal authority; other hosts are refused", async () => {
    const cwd = "/";
    const curl = (url: string) =>
      run(
        "curl",
        ["-s", "-o", "-", "-w", "%{http_code}", "-x", stack.forward, "--cacert", stack.ca, url],
        { cwd },
      );
    expect((await curl("https://api.github.com/user")).stdout).toMatch(/demo-bot.*200$/s);
    const elsewhere = await curl("https://example.com/");
    expect([elsewhere.code, elsewhere.stdout]).toEqual([56, "000"]);
    expect((await curl("http://example.com/")).stdout).toMatch(/nowhere else.*403$/s);
  });

  test("upgrades are refused before anything is forwarded", async () => {
    const before = stack.upstream.log.length;
    const client = await RawClient.connect(stack);
    await client.write(
      "GET /copilot/responses HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    );
    expect(await client.status()).toBeGreaterThanOrEqual(400);
    expect(stack.upstream.log.length).toBe(before);
  });
});

test("every exchange has one intent before its one completion, and no fault was seen", async () => {
  await expect.poll(() => stack.completions.length).toBe(stack.intents.length);
  const ids = stack.completions.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(stack.faults).toEqual([]);
});
