// node test/bench/run.ts [NAME…] [--OPTION…]: the benchmarks, one after the other, each in a process of its own; what they print
// is kept in test/bench/results/ with the machine and the commit. Trust the ratios within one run, no absolute time.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";

const benches = [
  "policy",
  "detection",
  "gitleaks-samples",
  "false-positives",
  "creddata",
  "audit",
  "exchange",
  "gateway",
  "open-loop",
  "bodies",
  "stream",
  "parked",
  "sizing",
  "growth",
  "push",
  "provenance",
] as const;
const here = import.meta.dirname;

function commit(): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: here }).toString().trim();
  } catch {
    return "unknown";
  }
}

function run(name: string): Promise<{ readonly output: string; readonly code: number | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(here, `${name}.ts`), ...options], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      process.stdout.write(text);
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ output, code }));
  });
}

const given = process.argv.slice(2);
const first = given.findIndex((argument) => argument.startsWith("--"));
// From the first option on, all of it is for the benchmarks themselves.
const options = first < 0 ? [] : given.slice(first);
const asked = first < 0 ? given : given.slice(0, first);
const unknown = asked.filter((name) => !benches.some((bench) => bench === name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(", ")}; there are ${benches.join(", ")}.`);
  process.exit(2);
}
const [cpu] = cpus();
const about = {
  commit: commit(),
  node: process.version,
  cpu: cpu?.model ?? "unknown",
  cores: cpus().length,
  // What else the machine had to do: waiting processes, as it began.
  load: loadavg()[0],
};
const folder = join(here, "results");
mkdirSync(folder, { recursive: true });
for (const name of asked.length > 0 ? asked : benches) {
  console.log(`\n${name}`);
  const at = new Date().toISOString();
  const { output, code } = await run(name);
  if (code !== 0) process.exitCode = 1;
  const lines = output.trimEnd().split("\n");
  writeFileSync(
    join(folder, `${name}.json`),
    `${JSON.stringify({ name, at, ...about, code, lines }, null, 2)}\n`,
  );
}
