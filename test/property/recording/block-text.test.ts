import fc from "fast-check";
import { expect, it } from "vitest";
import { BlockText } from "../../../src/recording/block-text.ts";
import { pieceOf } from "../../../src/recording/entry.ts";

const text = fc
  .oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.string({ unit: "binary-ascii", maxLength: 60 }),
    fc.stringMatching(/^[a-z "\\\n\t\0\u007f]{0,60}$/),
  )
  .map((text) => Buffer.from(text));
// As a view of something longer, at any offset.
const bytes = fc
  .tuple(fc.nat(7), fc.oneof(text, fc.uint8Array({ maxLength: 30 })))
  .map(([before, one]) => Buffer.concat([Buffer.alloc(before), one]).subarray(before));
const pieces = fc.array(fc.tuple(fc.nat(), bytes), { minLength: 1, maxLength: 5 });

it("spells pieces as JSON does, whatever bytes they are and wherever these lie", () => {
  const block = new BlockText();
  fc.assert(
    fc.property(pieces, fc.constantFrom("", ">"), (all, mark) => {
      block.begin();
      block.line("{}");
      for (const [t, one] of all) block.piece(t, one, mark);
      const lines = all.map(([t, one]) => `${mark}${JSON.stringify(pieceOf(t, one))}`);
      expect(block.bytes.toString()).toBe(["{}", ...lines].join("\n"));
    }),
    { numRuns: 3000 },
  );
});

it("has room for a piece of which every byte is escaped, however long", () => {
  const block = new BlockText();
  for (const length of [80_000, 100, 200_000]) {
    const bytes = Buffer.alloc(length, 1);
    block.begin();
    block.piece(3, bytes, "<");
    block.line("last");
    expect(block.bytes.toString()).toBe(`<${JSON.stringify(pieceOf(3, bytes))}\nlast`);
  }
});
