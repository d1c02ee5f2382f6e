import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask } from "../../src/demo/ask.ts";
import { type Access, H2Client, RawClient, run } from "../support/clients.ts";
import { type Stack, startStack } from "../support/stack.ts";

/** However it is spelled, cut or sent: a denied request sends zero bytes upstream. */
let stack: Stack;
let access: Access;
let h2: H2Client;

const policy = `rules:
  - id: reading
    when: { operation: users.read }
    then: [ { inject: {} } ]
otherwise: [ { deny: { reason: "Only reading is allowed here." } } ]
`;

beforeAll(async () => {
  stack = await startStack({ policy });
  access = await stack.access();
  h2 = await H2Client.connect(access);
});
afterAll(async () => {
  h2?.close();
  await stack?.stop();
});

async function untouched(act: () => Promise<void>): Promise<void> {
  const before = stack.upstream.bytesReceived();
  await act();
  expect(stack.upstream.bytesReceived()).toBe(before);
}

const target = "/api/v3/repos/acme/app/contents/README.md";

describe("bodies", () => {
  test("9 MB over HTTP/2", () =>
    untouched(async () => {
      const headers = { authorization: `Bearer ${access.token}` };
      const body = Buffer.alloc(9_000_000, "x");
      const answer = await h2.ask(target, { method: "PUT", headers, body });
      expect(answer.status).toBeGreaterThanOrEqual(400);
    }));

  test("9 MB over HTTP/1.1", () =>
    untouched(async () => {
      const headers = { authorization: `Bearer ${access.token}` };
      const ca = readFileSync(stack.ca, "utf8");
      const body = Buffer.alloc(9_000_000, "x").toString();
      const answer = await ask(stack.proxy + target, { method: "PUT", headers, body, ca });
      expect(answer.status).toBeGreaterThanOrEqual(400);
    }));

  test("chunked, and late: the head first, the body half a second later", () =>
    untouched(async () => {
      const client = await RawClient.connect(access);
      await client.write(
        `PUT ${target} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${access.token}\r\n` +
          "content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
      );
      await new Promise((resolve) => setTimeout(resolve, 500));
      await client.write('2\r\n{"\r\n');
      await client.write('a\r\nmessage":1\r\n1\r\n}\r\n0\r\n\r\n');
      expect(await client.status()).toBeGreaterThanOrEqual(400);
    }));

  test("a lying content-length, and both framings at once", () =>
    untouched(async () => {
      for (const framing of [
        "content-length: 5\r\ntransfer-encoding: chunked",
        "content-length: 3\r\ncontent-length: 4",
      ]) {
        const client = await RawClient.connect(access);
        await client.write(
          `PUT ${target} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${access.token}\r\n${framing}\r\n\r\n0\r\n\r\n`,
        );
        // Envoy answers 400, or closes where it cannot tell what it would answer.
        const text = await client.until(
          (received) => received.includes("\r\n\r\n") || client.socket.closed,
          20_000,
        );
        const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
        expect(status === 0 || status >= 400).toBe(true);
      }
    }));
});

describe("spellings of a denied path", () => {
  test.each([
    "/api/v3/x/../repos/acme/app/contents/README.md",
    "/api/v3//repos/acme/app/contents/README.md",
    "/api/v3/./repos/acme/app/contents/README.md",
    "/api/v3/%2e/repos/acme/app/contents/README.md",
    "/api/v3/REPOS/acme/app/contents/README.md",
    "/api/v3/repos/acme/app;a=b/contents/README.md",
    "/api/v3/repos/acme/app/contents/README.md;a=b",
    "/api/v3/repos%2facme/app/contents/README.md",
    "/api/v3/user/../repos/acme/app/contents/README.md",
    "/api/v3/user%2f..%2frepos/acme/app/contents/README.md",
    "/api/v3/repositories/1/contents/README.md",
    "/repos/acme/app/contents/README.md",
    "https://api.github.com/repos/acme/app/contents/README.md",
  ])("%s", (path) =>
    untouched(async () => {
      const client = await RawClient.connect(access);
      await client.write(
        `PUT ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${access.token}\r\ncontent-length: 2\r\n\r\n{}`,
      );
      expect(await client.status()).toBeGreaterThanOrEqual(400);
    }),
  );
});

test("the real curl shows the reason", () =>
  untouched(async () => {
    const { stdout, code } = await run(
      "curl",
      [
        "-s",
        "-w",
        "%{http_code}",
        "--cacert",
        stack.ca,
        "-X",
        "PUT",
        "-d",
        "{}",
        "-H",
        `authorization: token ${access.token}`,
        stack.proxy + target,
      ],
      { cwd: stack.folder.path },
    );
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/Only reading is allowed here\..*403$/s),
    ]);
  }));

test("and what is allowed does go through", async () => {
  const answer = await stack.ask("/api/v3/user");
  expect([answer.status, JSON.parse(answer.text).login]).toEqual([200, "demo-bot"]);
});
