import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { runCommand } from "../../../src/cli/index.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const pages = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
];
const read = (page: string): string => readFileSync(join(root, page), "utf8");

describe.each(pages)("%s", (page) => {
  test("links to what is there", () => {
    for (const [, link = ""] of read(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g))
      if (!/^[a-z]+:/.test(link)) {
        const target = join(root, dirname(page), link);
        expect(existsSync(target), link).toBe(true);
      }
  });

  test("names tests and sources that are there", () => {
    for (const [, path = ""] of read(page).matchAll(/`((?:test|src|deploy)\/[\w./-]+)`/g))
      expect(existsSync(join(root, path)), path).toBe(true);
  });
});

test("the README tells every command that there is, and no other", async () => {
  const lines: string[] = [];
  const io = {
    out: (line: string) => void lines.push(line),
    err: (line: string) => void lines.push(line),
    env: {},
    cwd: root,
    stdin: process.stdin,
    stdout: process.stdout,
  };
  await runCommand(["--help"], io);
  const real = lines.flatMap((line) => /^ {2}([a-z-]+)/.exec(line)?.[1] ?? []);
  const [, table = ""] = read("README.md").split("## Commands");
  const told = [...table.matchAll(/^\| (`.+?) \|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`([a-z-]+)/g)].map(([, name]) => name),
  );
  const words = lines.flatMap((line) => /^ {2}([a-z-]+(?: [a-z]+)?) {2}/.exec(line)?.[1] ?? []);
  const known = new Set(words.flatMap((name) => name.split(" ")));
  expect(new Set(real).size).toBeGreaterThan(8);
  for (const name of real) expect(told, name).toContain(name);
  for (const name of told) expect([...known]).toContain(name);
});
