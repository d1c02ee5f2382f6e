import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Folder, temporaryFolder } from "../support/folder.ts";
import {
  type Cell,
  cellsOf,
  cutAt,
  failuresIn,
  inBodies,
  named,
  planted,
} from "../support/matrix.ts";
import { type Form, onBoundaries, text, textForms } from "../support/matrix-forms.ts";
import { mcpEvents, mcpJson } from "../support/matrix-mcp.ts";
import { chat, modelForms } from "../support/matrix-models.ts";
import { type MatrixUpstream, startMatrixUpstream } from "../support/matrix-upstream.ts";
import { type Way, watchedFetch } from "../support/matrix-way.ts";
import { type Stack, startStack } from "../support/stack.ts";

/**
 * Every example of every rule, cut at every byte, in every form that a body comes in, through a real Envoy: no part of
 * a secret comes through, and what official clients make of it is what they make of the upstream's own answer, but for
 * the marks. `LEAK_MATRIX=full` cuts at every offset; else at those where something begins or ends, and one between.
 */
const full = process.env["LEAK_MATRIX"] === "full";
const cells = cellsOf(planted, full);
const withNames = [...cells, ...cellsOf(named, full)];
const uncut = cells.filter(({ cut }) => cut === 0);
const limit = full ? 3_600_000 : 300_000;

let folder: Folder;
let stack: Stack;
let upstream: MatrixUpstream;
/** The same upstream over HTTP/1.1 and over HTTP/2: through the gateway, and itself. */
let plain: Ways;
let framed: Ways;

interface Ways {
  readonly masked: Way;
  readonly itself: Way;
}

beforeAll(async () => {
  folder = await temporaryFolder();
  upstream = await startMatrixUpstream();
  const upstreamCa = join(folder.path, "upstream-ca.pem");
  await writeFile(upstreamCa, upstream.ca);
  const connection = (name: string, kind: string, url: string) => ({
    name,
    kind,
    hosts: [`${name}.example`],
    upstream: url,
    upstreamCa: `file:${upstreamCa}`,
    credential: "any",
  });
  stack = await startStack({
    policy: "rules: []\notherwise: [ { mask: {} }, { inject: {} } ]\n",
    config: {
      credentials: [{ name: "any", source: { file: "./credential" }, scheme: "bearer" }],
      connections: [
        connection("copilot", "copilot", upstream.plain),
        connection("api", "github-api", upstream.plain),
        connection("framed", "copilot", upstream.framed),
      ],
    },
  });
  const { proxy, issuer } = stack;
  const token = await issuer.token({ exp: Math.floor(Date.now() / 1000) + 3600 });
  const watch = { ca: [readFileSync(stack.ca, "utf8"), upstream.ca], saw: () => upstream.saw() };
  const way = (address: string, fetch: typeof globalThis.fetch): Way => {
    return { api: address, copilot: address, token, fetch };
  };
  const seen = watchedFetch(watch);
  plain = {
    masked: { ...way(proxy, seen), api: `${proxy}/api/v3`, copilot: `${proxy}/copilot` },
    itself: way(upstream.plain, seen),
  };
  framed = {
    masked: way(proxy, watchedFetch({ ...watch, host: "framed.example" })),
    itself: way(upstream.framed, seen),
  };
}, 60_000);
afterAll(async () => {
  await stack?.stop();
  await upstream?.close();
  await folder?.remove();
});

async function check(form: Form, all: readonly Cell[], { masked, itself }: Ways): Promise<void> {
  for (const body of inBodies(all)) {
    upstream.stage(await form.stage(body));
    const read = await form.read(masked);
    expect(failuresIn(body, read.out)).toEqual([]);
    if (form.bare !== true) expect(read.rest).toBe((await form.read(itself)).rest);
  }
}

test.each([...textForms, ...modelForms, mcpJson, mcpEvents, onBoundaries])(
  "$name: nothing leaks, nothing else changes",
  (form) => check(form, form.named === true ? withNames : cells, plain),
  limit,
);

/** The same bytes, each in a frame of its own. */
function byteByByte(form: Form): Form {
  return {
    ...form,
    stage: async (body) => {
      const { headers, writes } = await form.stage(body);
      const bytes = Buffer.concat(writes);
      return { headers, writes: cutAt(bytes, [...bytes.keys()]) };
    },
  };
}

test.each([text, chat, mcpJson, mcpEvents])(
  "$name, one byte at a time: nothing leaks, nothing else changes",
  (form) => check(byteByByte(form), uncut, framed),
  limit,
);
