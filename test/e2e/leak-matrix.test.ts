import { readFileSync } from "node:fs";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cutAt, failuresIn, type MatrixText, matrixText, planted } from "../support/matrix.ts";
import { asText, forms, plain, type Way } from "../support/matrix-forms.ts";
import { type MatrixUpstream, startMatrixUpstream } from "../support/matrix-upstream.ts";
import { type Stack, startStack } from "../support/stack.ts";

/**
 * Every example of every rule, cut at every byte, in every form that a body comes in, through a real Envoy: no part of
 * a secret comes through, and what official clients read is what the upstream said but for the marks.
 * `LEAK_MATRIX=full` cuts at every offset; else at those where something begins or ends, and a few between.
 */
const policy = `rules: []
otherwise: [ { mask: {} }, { inject: {} } ]
`;

const longest = Math.max(...planted.map(({ text }) => Buffer.byteLength(text)));
const offsets = Array.from({ length: longest + 1 }, (_, offset) => offset);
const some: readonly ((length: number) => number)[] = [
  () => 0,
  () => 1,
  () => 4,
  () => 5,
  (length) => length >> 1,
  (length) => length - 1,
  (length) => length,
];
const cuts =
  process.env["LEAK_MATRIX"] === "full"
    ? offsets.map((offset) => (length: number) => Math.min(offset, length))
    : some;

let stack: Stack;
let upstream: MatrixUpstream;
let way: Way;

beforeAll(async () => {
  upstream = await startMatrixUpstream();
  const credentials = [{ name: "any", source: { file: "./credential" }, scheme: "bearer" }];
  const connection = { upstream: upstream.url, credential: "any" };
  stack = await startStack({
    policy,
    config: {
      credentials,
      connections: [
        { ...connection, name: "copilot", kind: "copilot", hosts: ["api.githubcopilot.com"] },
        { ...connection, name: "github-api", kind: "github-api", hosts: ["api.github.com"] },
      ],
    },
  });
  const ca = readFileSync(stack.ca, "utf8");
  setDefaultCACertificates([...getCACertificates("default"), ca]);
  const token = await stack.issuer.token({ exp: Math.floor(Date.now() / 1000) + 3000 });
  way = { upstream, proxy: stack.proxy, ca, token };
}, 60_000);
afterAll(async () => {
  await stack?.stop();
  await upstream?.close();
});

test.each(forms)(
  "$name: nothing leaks, nothing else changes",
  async ({ stage, read }) => {
    for (const cut of cuts) {
      stage(way, matrixText(cut));
      expect(failuresIn(await read(way))).toEqual([]);
    }
  },
  900_000,
);

test("one byte at a time", async () => {
  const body = Buffer.from(matrixText(() => 0).text);
  const writes = cutAt(body, [...body.keys()]);
  upstream.stage({ headers: asText, writes });
  expect(failuresIn(await plain(way))).toEqual([]);
}, 120_000);

/** Envoy sends bodies on in pieces of this size at most. */
const piece = 32 * 1024;

/** The text with so much before each example that the place where it is cut stands on such a boundary. */
function onBoundaries({ text, cuts: places }: MatrixText): Buffer {
  const bytes = Buffer.from(text).toString("latin1");
  let body = "";
  let last = 0;
  places.forEach((place, index) => {
    const next = bytes.slice(last, place);
    const line = next.lastIndexOf("\n\n~~~ ");
    const missing = (index + 1) * piece - body.length - next.length;
    body += `${next.slice(0, line)}${" .".repeat(missing).slice(0, missing)}${next.slice(line)}`;
    last = place;
  });
  return Buffer.from(body + bytes.slice(last), "latin1");
}

test("across each boundary of 32 KiB", async () => {
  for (const cut of cuts) {
    upstream.stage({ headers: asText, writes: [onBoundaries(matrixText(cut))] });
    const out = (await plain(way)).replace(/( \.)+ ?(?=\n\n~~~)/g, "");
    expect(failuresIn(out)).toEqual([]);
  }
}, 900_000);
