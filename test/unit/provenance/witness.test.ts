import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { Happening } from "../../../src/core/recording.ts";
import { Fields } from "../../../src/http/fields.ts";
import { listenToMcp } from "../../../src/protocols/mcp/said.ts";
import { type Placed, witness } from "../../../src/provenance/witness.ts";
import { anOpening } from "../../support/recordings.ts";

const content = `def spread(rows, width):
    cells = [[] for _ in range(width)]
    for number, row in enumerate(rows):
        cells[number % width].append(row.split("|"))
    return {key: tuple(cell) for key, cell in enumerate(cells) if cell}
`;
const call = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "tools/call",
  params: { name: "create_or_update_file", arguments: { path: "spread.py", content } },
});
const json = ["content-type", "application/json"] as const;

/** What a tool was given to write, by a request that came in gzip. */
function suggested(chunk: Uint8Array, decoded: boolean): readonly Placed[] {
  const found: Placed[] = [];
  const recorder = witness({
    listen: listenToMcp,
    commitsIn: () => [],
    failedIn: () => false,
    suggested: (work) => void found.push(...work()),
    delivered: () => undefined,
  });
  const opening = anOpening("ses_a", { protocol: "mcp", operations: [] });
  const fields = new Fields([json, ["content-encoding", "gzip"]]);
  const opened = recorder.open({ ...opening, head: { ...opening.head, fields } });
  const tap = opened.ok ? opened.value : undefined;
  const answer = { status: 200, fields: new Fields([json]), own: false } as const;
  const happenings: readonly Happening[] = [
    { kind: "requestBody", at: 0, chunk, sent: true, decoded },
    { kind: "requestEnd", at: 0 },
    { kind: "responseHead", at: 0, ...answer, body: { kind: "opaque" } },
    { kind: "responseEnd", at: 0 },
    { kind: "end", at: 0, end: "completed" },
  ];
  for (const happening of happenings) tap?.take(happening);
  return found;
}

test("what a tool is given to write is known though the request came compressed, masked on its way or not", () => {
  expect(suggested(gzipSync(call), false)).toHaveLength(1);
  expect(suggested(Buffer.from(call), true)).toHaveLength(1);
});
