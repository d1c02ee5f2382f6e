import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { slope, svg } from "../../bench/plot.ts";
import { blockOf, readme, readPublished, withBlock } from "../../bench/published.ts";

test("the README's table is what the committed results say", () => {
  const text = readFileSync(readme, "utf8");
  expect(text).toBe(withBlock(text, blockOf(readPublished())));
});

test("a table with another number in it would be noticed", () => {
  const published = readPublished();
  const [row, ...rest] = published.table.rows;
  const samples = (row?.samples ?? []).map((one) => ({ ...one, perSecond: one.perSecond + 1000 }));
  const rows = [{ name: row?.name ?? "", samples }, ...rest];
  const text = readFileSync(readme, "utf8");
  expect(withBlock(text, blockOf({ ...published, table: { ...published.table, rows } }))).not.toBe(
    text,
  );
});

test("a plot shows every point, and its slope tells linear from quadratic", () => {
  const linear = { name: "linear", points: [1, 10, 100].map((n) => [n, 3 * n] as const) };
  const square = { name: "square", points: [1, 10, 100].map((n) => [n, n * n] as const) };
  expect(slope(linear)).toBeCloseTo(1);
  expect(slope(square)).toBeCloseTo(2);
  const drawn = svg("title", "x", "y", [linear, square]);
  expect(drawn.match(/<circle/g)?.length).toBe(6);
});
