import { readFileSync } from "node:fs";
import { join } from "node:path";
import { median, type Table } from "./report.ts";

/** What was measured in one run, and on what. */
export interface Published {
  readonly at: string;
  readonly commit: string;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  /** Waiting processes of the machine as the run began. */
  readonly load: number;
  readonly table: Table;
}

export const publishedFile = join(import.meta.dirname, "results", "published.json");
export const readme = join(import.meta.dirname, "..", "..", "README.md");
export const begin = "<!-- bench: written by node test/bench/publish.ts -->";
export const end = "<!-- /bench -->";

export function readPublished(): Published {
  return JSON.parse(readFileSync(publishedFile, "utf8")) as Published;
}

/** The README's table: nothing in it was typed. */
export function blockOf({ at, commit, node, cpu, cores, load, table }: Published): string {
  const rates = table.rows.map(({ samples }) => median(samples.map(({ perSecond }) => perSecond)));
  const rate = (name: string): number =>
    rates[table.rows.findIndex((row) => row.name === name)] ?? Number.NaN;
  const lines = table.rows.map(({ name, samples }, index) => {
    const middle = rates[index] ?? Number.NaN;
    const of = (other: string): string => (middle / rate(other)).toFixed(2);
    const cells = [
      middle.toFixed(0),
      of("Envoy alone"),
      of("pass-through, Go"),
      median(samples.map(({ p50 }) => p50)).toFixed(0),
      median(samples.map(({ p99 }) => p99)).toFixed(0),
      cost(samples, /^envoy$/),
      cost(samples, /^(?!envoy$)/),
    ];
    return `| ${[name, ...cells].join(" | ")} |`;
  });
  const rounds = table.rows[0]?.samples.length ?? 0;
  return [
    begin,
    `${table.title} of ${rounds} rounds in turns, on ${cores} cores (${cpu}, Node ${node.slice(1)}) shared with the load`,
    `generator, at a load of ${load.toFixed(1)} as it began; commit ${commit}, ${at.slice(0, 10)}. Trust the ratios.`,
    "",
    "| by way of | requests/s | of bare Envoy | of a Go pass-through | p50 ms | p99 ms | Envoy's CPU s per 1,000 | the rest's |",
    "|---|---|---|---|---|---|---|---|",
    ...lines,
    end,
  ].join("\n");
}

function cost(samples: Table["rows"][number]["samples"], which: RegExp): string {
  const spent = samples.map(({ cpu }) => {
    const own = Object.entries(cpu).filter(([name]) => which.test(name));
    return own.length === 0 ? Number.NaN : own.reduce((sum, [, seconds]) => sum + seconds, 0);
  });
  const middle = median(spent);
  return Number.isNaN(middle) ? "–" : middle.toFixed(2);
}

/** The text of a README with that block in the place of its own. */
export function withBlock(text: string, block: string): string {
  const from = text.indexOf(begin);
  const until = text.indexOf(end);
  if (from < 0 || until < 0) throw new Error("the README has no place for the table");
  return text.slice(0, from) + block + text.slice(until + end.length);
}
