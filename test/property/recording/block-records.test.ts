import fc from "fast-check";
import { expect, it } from "vitest";
import { BlockRecords, type Mark, mark, recordsOf } from "../../../src/recording/block-records.ts";

const text = fc.string({ unit: "binary", maxLength: 60 });
// As a view of something longer, at any offset.
const bytes = fc
  .tuple(fc.nat(7), fc.uint8Array({ maxLength: 60 }))
  .map(([before, one]) => Buffer.concat([Buffer.alloc(before), one]).subarray(before));
const record = fc.record({
  mark: fc.constantFrom<Mark>(...Object.values(mark)),
  number: fc.nat(0xffff_ffff),
  content: fc.oneof(text, bytes),
});
const records = fc.array(record, { maxLength: 6 });
type Given = { readonly mark: Mark; readonly number: number; readonly content: string | Buffer };

const block = new BlockRecords();

function written(given: readonly Given[]): Buffer {
  block.begin();
  for (const { mark: of, number, content } of given) block.add(of, number, content);
  return block.bytes;
}

const asRead = ({ mark: of, number, content }: Given) => ({
  mark: of,
  number,
  bytes: Buffer.from(content as string),
});

it("gives back what was put in, whatever bytes it is and wherever these lie", () => {
  fc.assert(
    fc.property(records, (given) => {
      const read = recordsOf(written(given));
      expect(read).toEqual({ ok: true, value: given.map(asRead) });
    }),
    { numRuns: 3000 },
  );
});

it("finds where records are cut, and what is none", () => {
  fc.assert(
    fc.property(records, fc.double({ min: 0, max: 1, noNaN: true }), (given, share) => {
      const whole = Buffer.from(written(given));
      const cut = whole.subarray(0, Math.floor(whole.length * share));
      const read = recordsOf(cut);
      // Where one ends the rest cannot be missed: how much there is the head of the block says, and that is authenticated.
      const ends = given.map((_, at) => written(given.slice(0, at)).length);
      expect(read.ok).toBe([...ends, whole.length].includes(cut.length));
    }),
    { numRuns: 1000 },
  );
  expect(recordsOf(Buffer.alloc(9)).ok).toBe(false);
});

it("has room for a record of any length, and tells a number that is too large as the largest", () => {
  for (const length of [2_000_000, 100, 700_000]) {
    const given = [
      { mark: mark.response, number: 2 ** 40, content: Buffer.alloc(length, 1) },
      { mark: mark.entry, number: 0, content: "é€".repeat(length / 10) },
    ];
    const read = recordsOf(written(given));
    expect(read.ok && read.value.map(({ number }) => number)).toEqual([0xffff_ffff, 0]);
    expect(
      read.ok &&
        read.value.every(({ bytes: one }, at) => one.equals(asRead(given[at] as Given).bytes)),
    ).toBe(true);
  }
});
