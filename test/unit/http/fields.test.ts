import { expect, test } from "vitest";
import { Fields } from "../../../src/http/fields.ts";

const lines = [
  ["accept", "text/html"],
  ["etag", '"a"'],
  ["accept", "text/plain"],
] as const;

test("every line is told in order, by its number and by the iterator", () => {
  const fields = new Fields(lines);
  const told = Array.from({ length: fields.count }, (_, line) => [
    fields.nameAt(line),
    fields.valueAt(line),
  ]);
  expect(told).toEqual(lines);
  expect([...fields]).toEqual(lines);
});

test("but leaves out every line of a name, and puts others after the rest", () => {
  const fields = new Fields(lines);
  expect([...fields.but(["accept"])]).toEqual([["etag", '"a"']]);
  expect([...fields.but(["etag"], [["etag", '"b"']])]).toEqual([
    ["accept", "text/html"],
    ["accept", "text/plain"],
    ["etag", '"b"'],
  ]);
  expect([...fields]).toEqual(lines);
});
