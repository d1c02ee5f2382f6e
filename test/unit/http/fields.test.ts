import { expect, test } from "vitest";
import { Fields } from "../../../src/http/fields.ts";

const lines = [
  ["accept", "text/html"],
  ["etag", '"a"'],
  ["accept", "text/plain"],
] as const;

test("each hands on every line in order, as the iterator does", () => {
  const fields = new Fields(lines);
  const told: (readonly [string, string])[] = [];
  fields.each((name, value) => told.push([name, value]));
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
