import { expect, test } from "vitest";
import { Backlog } from "../../../src/recording/backlog.ts";
import { blockBytes } from "../../../src/recording/block.ts";
import { Part } from "../../../src/recording/part.ts";
import { scan } from "../../../src/recording/read.ts";
import type { PartSink, PartSource } from "../../../src/recording/shelf.ts";

/** A part in memory, as a file would hold it. */
function place(): { readonly sink: PartSink; readonly source: () => PartSource } {
  let bytes = Buffer.alloc(0);
  return {
    sink: {
      batch: { bytes: 0, ms: 0 },
      write: async (offset, more) => {
        bytes = Buffer.concat([bytes.subarray(0, offset), more]);
      },
      sync: async () => undefined,
      close: async () => undefined,
    },
    source: () => ({
      size: bytes.length,
      stride: 65_536,
      read: async (offset, length) => bytes.subarray(offset, offset + length),
      close: async () => undefined,
    }),
  };
}

test("a block that cannot be sealed is told by the flush, not where an exchange ends, and nothing is lost", async () => {
  const { sink, source } = place();
  const backlog = new Backlog();
  const part = new Part(sink, new Uint8Array(32), () => 0, backlog);
  const large = Buffer.alloc(blockBytes + 1, "x");
  let failing = true;

  part.piece(
    "response",
    1,
    1,
    unreadable(large, () => failing),
  );
  part.entry(1, 2, "{}", true);
  part.entry(2, 0, '{"second":true}', true);
  await expect(part.flush()).rejects.toThrow("no memory");
  expect(backlog.bytes).toBeGreaterThan(blockBytes);
  failing = false;
  await part.flush();
  await part.close();
  expect(backlog.bytes).toBe(0);
  const blocks = await scan(source());
  expect(blocks.map(({ kind, exchange, block }) => [kind, exchange, block])).toEqual([
    ["response", 1, 0],
    ["exchanges", 1, 1],
    ["last", 0, 2],
  ]);
});

/** The same bytes, whose length cannot be had while `failing` says so: what becomes of them is not made either. */
function unreadable(bytes: Buffer, failing: () => boolean): Uint8Array {
  const { length } = bytes;
  let taken = false;
  return Object.defineProperty(bytes, "length", {
    get() {
      if (taken && failing()) throw new Error("no memory");
      taken = true;
      return length;
    },
  });
}
