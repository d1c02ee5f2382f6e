import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Row } from "./gateway/rounds.ts";

/** One table: a leg per row, medians over the rounds, and how far apart the rounds were. */
export interface Table {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** Prints the tables and keeps every sample in test/bench/results/NAME.samples.json. */
export function report(name: string, tables: readonly Table[]): void {
  for (const table of tables) console.log(textOf(table));
  const folder = join(import.meta.dirname, "results");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.samples.json`), `${JSON.stringify(tables, null, 2)}\n`);
}

/** The middle one; of an even number the upper of the two. */
export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}

const heads = ["requests/s", "spread", "of direct", "of Envoy", "p50 ms", "p99 ms", "failed"];

function textOf({ title, rows }: Table): string {
  const rate = (name: string): number =>
    median(rows.find((row) => row.name === name)?.samples.map(({ perSecond }) => perSecond) ?? []);
  const lines = rows.map(({ name, samples }) => {
    const rates = samples.map(({ perSecond }) => perSecond);
    const middle = median(rates);
    const spread = (Math.max(...rates) - Math.min(...rates)) / middle;
    const cells = [
      middle.toFixed(0),
      `${(spread * 100).toFixed(0)} %`,
      (middle / rate("upstream direct")).toFixed(2),
      (middle / rate("Envoy alone")).toFixed(2),
      median(samples.map(({ p50 }) => p50)).toFixed(1),
      median(samples.map(({ p99 }) => p99)).toFixed(1),
      String(samples.reduce((sum, { failed }) => sum + failed, 0)),
    ].map((cell, at) => cell.padStart(heads[at]?.length ?? 0));
    return `${name.padEnd(24)} ${cells.join("  ")}  ${processes(samples)}`;
  });
  const head = `${"".padEnd(24)} ${heads.join("  ")}  CPU s per 1,000; RSS MiB`;
  return ["", title, head, ...lines].join("\n");
}

function processes(samples: Row["samples"]): string {
  const lags = samples.flatMap(({ lag }) => (lag === undefined ? [] : [lag]));
  const records = samples.flatMap((sample) => sample.records ?? []);
  const more =
    lags.length === 0
      ? ""
      : `; ${median(records).toFixed(0)} records/s; event loop ${median(lags).toFixed(0)} ms`;
  return usage(samples) + more;
}

function usage(samples: Row["samples"]): string {
  const names = Object.keys(samples[0]?.cpu ?? {});
  return names
    .map((name) => {
      const cpu = median(samples.map((sample) => sample.cpu[name] ?? Number.NaN));
      const rss = median(samples.map((sample) => sample.rss[name] ?? Number.NaN));
      return `${name} ${cpu.toFixed(2)}; ${rss.toFixed(0)}`;
    })
    .join(", ");
}
