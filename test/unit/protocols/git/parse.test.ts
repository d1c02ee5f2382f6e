import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { concat } from "../../../../src/http/transform.ts";
import { flushPacket, packet } from "../../../../src/protocols/git/pkt-line.ts";
import { bytesOf, errorOf, feed, operationsOf, summary } from "../asking.ts";

const a = "a".repeat(40);
const b = "b".repeat(40);
const zero = "0".repeat(40);
const caps = "report-status-v2 side-band-64k object-format=sha1";

const push = (...lines: readonly string[]) =>
  concat([...lines.map((line) => packet(line)), flushPacket, bytesOf("PACK....")]);
const post = (body: Uint8Array | string, headers: Record<string, string> = {}) => ({
  kind: "git" as const,
  method: "POST",
  path: "/Acme/App.git/git-receive-pack",
  body,
  headers,
});

describe("a push is one operation per command", () => {
  const body = push(
    `${a} ${b} refs/heads/main\0 ${caps}`,
    `${zero} ${b} refs/tags/v1`,
    `${a} ${zero} refs/heads/old`,
  );
  it.each([1, 7, 1 << 20])("however it is cut (%i bytes)", (size) => {
    const { judged } = feed(post(body), size);
    expect(
      judged.ok && judged.value.map(({ name, attributes }) => ({ name, ...attributes })),
    ).toMatchObject([
      {
        name: "push",
        ref: "refs/heads/main",
        branch: "main",
        old: a,
        new: b,
        kind: "update",
        force: true,
      },
      {
        name: "push",
        ref: "refs/tags/v1",
        tag: "v1",
        old: zero,
        new: b,
        kind: "create",
        force: false,
      },
      {
        name: "push",
        ref: "refs/heads/old",
        branch: "old",
        old: a,
        new: zero,
        kind: "delete",
        force: true,
      },
    ]);
  });
  it("may change anything, where nobody can be asked", () => {
    const [update] = operationsOf(post(body));
    expect(update?.attributes["paths"]).toContain(".github/workflows/**");
    expect(update?.unknown).toEqual(["paths"]);
  });
  it("gzip'd or after shallow lines, all the same", () => {
    expect(summary(post(gzipSync(body), { "content-encoding": "gzip" }))).toHaveLength(3);
    expect(summary(post(push(`shallow ${a}`, `${a} ${b} refs/heads/x\0 ${caps}`)))).toHaveLength(1);
  });
  it("the 4-byte probe is a read", () => {
    expect(summary(post("0000"))).toEqual(["push.probe read github.com/acme/app"]);
  });
  it.each([
    ["no commands, then a pack", concat([flushPacket, bytesOf("PACK....")])],
    ["nothing at all", ""],
    ["no pkt-lines", "hello, this is no push"],
    ["a signed push", push("push-cert\0push-options")],
    ["a ref outside refs/", push(`${a} ${b} HEAD\0 ${caps}`)],
    ["a ref with a dot segment", push(`${a} ${b} refs/heads/../main\0 ${caps}`)],
    ["a push cut short", packet(`${a} ${b} refs/heads/main\0 ${caps}`)],
  ])("%s is refused", (_, body) => {
    expect(errorOf(post(body))).toBeTypeOf("string");
  });
});

describe("the other services", () => {
  const get = (path: string) => ({ kind: "git" as const, method: "GET", path });
  it.each([
    [
      "discovery before a push",
      get("/acme/app.git/info/refs?service=git-receive-pack"),
      "push.discover read github.com/acme/app",
    ],
    [
      "discovery before a fetch",
      get("/acme/app/info/refs?service=git-upload-pack"),
      "fetch read github.com/acme/app",
    ],
    [
      "a fetch",
      { ...get("/acme/app.git/git-upload-pack"), method: "POST" },
      "fetch read github.com/acme/app",
    ],
    [
      "capitals",
      { ...post(push(`${a} ${b} refs/heads/x\0`)), path: "/acme/app.GIT/GIT-RECEIVE-PACK" },
      "push write github.com/acme/app",
    ],
    [
      "an unknown POST",
      { ...get("/acme/app/settings"), method: "POST" },
      "unknown.write write github.com/acme/app",
    ],
    [
      "an LFS upload",
      {
        ...get("/a/b.git/info/lfs/objects/batch"),
        method: "POST",
        body: { operation: "upload", objects: [{}], ref: { name: "refs/heads/x" } },
      },
      "lfs.upload write github.com/a/b",
    ],
  ])("%s", (_, ask, expected) => {
    expect(summary(ask)).toEqual([expected]);
  });
  it("an LFS upload says its branch", () => {
    const ask = {
      ...get("/a/b.git/info/lfs/objects/batch"),
      method: "POST",
      body: { operation: "upload", objects: [{}], ref: { name: "refs/heads/x" } },
    };
    expect(operationsOf(ask)[0]?.attributes).toEqual({
      objects: 1,
      ref: "refs/heads/x",
      branch: "x",
    });
  });
});
