import fc from "fast-check";
import { expect, test } from "vitest";
import { Names } from "../../../src/extproc/names.ts";

test("a name is what its bytes spell, in lower case, whatever came before in its place", () => {
  const names = new Names();
  const some = fc.oneof(fc.stringMatching(/^[A-Za-z-]{0,70}$/), fc.string({ unit: "binary" }));
  fc.assert(
    fc.property(fc.array(some, { maxLength: 50 }), fc.nat(9), (all, before) => {
      for (const name of [...all, ...all]) {
        const bytes = Buffer.from("x".repeat(before) + name);
        const read = names.of(bytes, before, bytes.length);
        expect(read).toBe(Buffer.from(name).toString("utf8").toLowerCase());
      }
    }),
  );
});

test("a name that comes again is the same text, and not another like it", () => {
  const names = new Names();
  const bytes = Buffer.from("content-type");
  const first = names.of(bytes, 0, bytes.length);
  expect(names.of(Buffer.from("content-type"), 0, bytes.length)).toBe(first);
  expect(names.of(Buffer.from("content-typf"), 0, bytes.length)).toBe("content-typf");
  // In Latin-1 these bytes would look like the name that came before.
  const umlaut = Buffer.from("é");
  expect(names.of(umlaut, 0, umlaut.length)).toBe("é");
  expect(names.of(Buffer.of(0xe9), 0, 1)).toBe("\ufffd");
});
