import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { sallyport } from "../../support/command.ts";
import { pages } from "../../support/docs-blocks.ts";

const root = join(import.meta.dirname, "..", "..", "..");
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
  const { out } = await sallyport(["--help"], { cwd: root });
  const lines = out.split("\n");
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
