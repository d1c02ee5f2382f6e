import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sallyport } from "../../support/command.ts";
import { pages } from "../../support/docs-blocks.ts";

/** Commands that stand in a sentence or a table: each names a command and options that there are. */
const root = join(import.meta.dirname, "..", "..", "..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly scripts: Readonly<Record<string, string>>;
};

const said = async (...args: readonly string[]): Promise<string> =>
  (await sallyport([...args, "--help"], { cwd: root })).out;
const commands = [...(await said()).matchAll(/^ {2}([a-z-]+(?: [a-z]+)?) {2}/gm)].map(
  ([, name = ""]) => name,
);
const usages = new Map(
  await Promise.all(commands.map(async (name) => [name, await said(...name.split(" "))] as const)),
);

/** Every line of a fence, and every span of code in the text, of each page. */
const spans = pages.flatMap((page) => {
  const text = readFileSync(join(root, page), "utf8").replaceAll(/\\\n\s*/g, "");
  const fences = [...text.matchAll(/^ *```(?:sh)?\n([\s\S]*?)^ *```/gm)];
  const lines = fences.flatMap(([, inside = ""]) => inside.split("\n"));
  const inline = text.replaceAll(/^ *```[\s\S]*?^ *```/gm, "").matchAll(/`([^`]+)`/g);
  return [...lines, ...[...inline].map(([, code = ""]) => code)].map(
    (code) => [page, code] as const,
  );
});

test("every `sallyport …` names a command that there is, with options that it takes", () => {
  let seen = 0;
  for (const [page, code] of spans)
    for (const [, rest = ""] of code.matchAll(/(?:^|[\s(])sallyport ([a-z][^|;&)#]*)/g)) {
      const [first = "", second = ""] = rest.split(/\s+/);
      const name = [`${first} ${second}`, first].find((one) => usages.has(one));
      const group = commands.some((one) => one.startsWith(`${first} `));
      expect(name ?? (group ? first : undefined), `${page}: ${code}`).toBeDefined();
      const usage = name === undefined ? "" : (usages.get(name) ?? "");
      for (const [option] of name === undefined ? [] : rest.matchAll(/--[a-z-]+/g))
        expect([page, code, option, usage.includes(option)]).toEqual([page, code, option, true]);
      seen += 1;
    }
  expect(seen).toBeGreaterThan(50);
});

/** What the benchmarks take, as they declare it for `parseArgs`. */
const ofBenchmarks = globSync("test/bench/**/*.ts", { cwd: root }).flatMap((file) =>
  [...readFileSync(join(root, file), "utf8").matchAll(/"?([a-z-]+)"?: \{ type: "/g)].map(
    ([, name = ""]) => `--${name}`,
  ),
);

test("an option by itself is some command's, a benchmark's, or one of a program that is not ours", () => {
  const ofCommands = [...usages.values()].flatMap((usage) => usage.match(/--[a-z-]+/g) ?? []);
  const others = ["--help", "--version", "--test", "--static"];
  const known = new Set([...ofCommands, ...ofBenchmarks, ...others]);
  const unknown = spans.flatMap(([page, code]) => {
    const [option] = /^--[a-z-]+/.exec(code) ?? [];
    return option === undefined || known.has(option) ? [] : [`${page}: ${code}`];
  });
  expect(ofBenchmarks).toContain("--no-peers");
  expect(unknown).toEqual([]);
});

test("every npm script and every file that is run by node exists", () => {
  let seen = 0;
  for (const [page, code] of spans) {
    for (const [, run, name = ""] of code.matchAll(/\bnpm (run )?([a-z]+)\b/g)) {
      if (run === undefined && !["start", "test"].includes(name)) continue;
      expect(Object.keys(manifest.scripts), `${page}: ${code}`).toContain(name);
      seen += 1;
    }
    for (const [, file = ""] of code.matchAll(/\bnode ((?:src|test|deploy)\/[\w/.-]+)/g))
      expect(existsSync(join(root, file)), `${page}: ${code}`).toBe(true);
  }
  expect(seen).toBeGreaterThan(8);
});
