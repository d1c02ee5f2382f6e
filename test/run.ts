import { spawn } from "node:child_process";
import { mkdir, readFile, rm } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { findEnvoy } from "../src/envoy/binary.ts";
import { type Tally, tally } from "./support/tally.ts";

/**
 * Runs everything that CI runs: `node test/run.ts [--static] [vitest filters]`. With filters, vitest alone.
 * The last line says how many checks passed and failed; the exit code is 1 if any failed or none ran.
 */
const root = join(import.meta.dirname, "..");
const bin = join(root, "node_modules", ".bin");
const report = join(root, ".cache", "vitest.json");
const ci = process.env["CI"] === "true";
const filters = process.argv.slice(2).filter((argument) => argument !== "--static");
const staticOnly = process.argv.includes("--static");

const stages = [
  ["format and lint", "biome", "ci", "--error-on-warnings", "."],
  ["types", "tsc", "-p", "."],
  ["layers", "node", "test/check-layers.ts"],
  ["dead code", "knip", "--no-progress", "--no-config-hints"],
] as const;

let passed = 0;
let failed = 0;

if (filters.length === 0)
  for (const [name, program, ...args] of stages) await check(name, program, args);
if (!staticOnly) await testAll();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

function count(ok: boolean, line: string): void {
  if (ok) passed++;
  else failed++;
  console.log(`${ok ? "✓" : "✗"} ${line}`);
}

async function check(name: string, program: string, args: readonly string[]): Promise<void> {
  const started = performance.now();
  const { code, output } = await run(program, args, "pipe");
  if (code !== 0) console.log(output.trimEnd());
  count(code === 0, `${name} (${seconds(started)})`);
}

async function testAll(): Promise<void> {
  const notice = (sentence: string): void => console.log(sentence);
  const envoy = await findEnvoy({ notice });
  count(envoy.ok, envoy.ok ? `Envoy ${envoy.value.version} at ${envoy.value.path}` : envoy.error);
  await mkdir(join(report, ".."), { recursive: true });
  await rm(report, { force: true });
  const args = [
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...filters,
  ];
  const { code } = await run("vitest", args, "inherit");
  const result = tally(await readFile(report, "utf8").catch(() => undefined), code);
  passed += result.passed;
  failed += result.failed.length;
  tell(result);
}

/** A test that does not run proves nothing: in CI it counts as failed. */
function tell(result: Tally): void {
  for (const name of result.failed) console.log(`✗ ${name}`);
  for (const name of result.skipped) console.log(`${ci ? "✗" : "-"} skipped: ${name}`);
  if (ci) failed += result.skipped.length;
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

async function run(
  program: string,
  args: readonly string[],
  stdio: "inherit" | "pipe",
): Promise<{ readonly code: number | null; readonly output: string }> {
  const env = {
    ...process.env,
    PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}`,
    // What we gather is printed where there may be no terminal.
    ...(stdio === "pipe" ? { NO_COLOR: "1" } : {}),
  };
  const child = spawn(join(bin, program), args, {
    cwd: root,
    env,
    stdio: ["ignore", stdio, stdio],
  });
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    output += chunk.toString("utf8");
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    output += chunk.toString("utf8");
  });
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ code: null, output: error.message }));
    child.once("close", (code) => resolve({ code, output }));
  });
}
