import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "../support/clients.ts";

/** That the benchmarks run, each as small as it can be; how fast, nobody asks here. */
const root = join(import.meta.dirname, "..", "..");
const results = join(root, "test", "bench", "results");
// BENCH_SMOKE=all runs those too that take minutes.
const all = process.env["BENCH_SMOKE"] === "all";
const short = ["--rounds", "1", "--seconds", "2", "--warm", "4", "--no-peers"];
const benches: readonly (readonly string[])[] = [
  ["gateway", ...short, "--only", "full work, 2"],
  ...(all
    ? [
        ["gateway", ...short],
        ["growth", "--small"],
        ["open-loop", ...short],
        ["bodies", ...short],
        ["stream"],
        ["push", "--small"],
        ["policy"],
        ["detection"],
        ["audit"],
      ]
    : []),
];

test.each(benches)(
  "%s runs, and writes down what it measured on what",
  { timeout: 900_000 },
  async (...args) => {
    const [name = ""] = args;
    const ended = await run(process.execPath, ["test/bench/run.ts", ...args], { cwd: root });
    expect(ended.code, ended.stdout + ended.stderr).toBe(0);
    const written = JSON.parse(readFileSync(join(results, `${name}.json`), "utf8"));
    expect(written).toMatchObject({ name, code: 0, cores: expect.any(Number) });
    expect(written.commit).toMatch(/^([0-9a-f]{7,}|unknown)$/);
    if (name !== "gateway") return;
    const [table] = JSON.parse(readFileSync(join(results, "gateway.samples.json"), "utf8"));
    const sallyport = table.rows.filter(({ name: leg }: { name: string }) =>
      /Sallyport|work/.test(leg),
    );
    expect(sallyport.length).toBeGreaterThan(0);
    for (const { samples } of sallyport)
      for (const sample of samples) expect([sample.failed, sample.records > 0]).toEqual([0, true]);
  },
);

test.each(all ? [["test/bench/soak.ts"]] : [])(
  "%s prints a line a minute and how the last compare with the first",
  { timeout: 300_000 },
  async (script) => {
    const args = [script, "--minutes", "0.1", "--seconds", "3", "--rate", "5"];
    const ended = await run(process.execPath, args, { cwd: root });
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stdout).toMatch(/from the second quarter to the last: p50/);
  },
);
