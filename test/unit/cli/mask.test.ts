import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { expect, test } from "vitest";
import { openKeys } from "../../../src/assembly/keys-file.ts";
import { mask } from "../../../src/cli/mask.ts";
import { fingerprinter } from "../../../src/detection/mark.ts";
import { sample } from "../../../src/detection/rules/sample.ts";
import { temporaryFolder } from "../../support/folder.ts";

const token = sample("ghp_{alnum:36}");

async function run(cwd: string, input: string, ...args: readonly string[]) {
  const out: Buffer[] = [];
  const err: string[] = [];
  const status = await mask.run(args, {
    out: (line) => out.push(Buffer.from(`${line}\n`)),
    err: (line) => err.push(line),
    env: {},
    cwd,
    stdin: Readable.from([Buffer.from(input)]),
    stdout: new Writable({
      write(chunk: Buffer, _encoding, done) {
        out.push(chunk);
        done();
      },
    }),
  });
  return { status, out: Buffer.concat(out).toString(), err: err.join("\n") };
}

test("masks a file and standard input, each as what it is, and says what it found", async () => {
  await using folder = await temporary();
  writeFileSync(join(folder.path, "a.txt"), `one ${token} two`);
  const file = await run(folder.path, "", "a.txt");
  expect(file.status).toBe(0);
  expect(file.out).toMatch(/^one ghp_\[REDACTED:github-token:[0-9a-f]{10}\] two$/);
  expect(file.err).toBe("masked github-token: 1");
  const body = JSON.stringify({ password: "aZ4kQ9wT7mL2xC5v" });
  const json = await run(folder.path, body, "-", "--as", "json", "--strategy", "stars");
  expect(JSON.parse(json.out)).toEqual({ password: "*".repeat(16) });
});

test("knows the config's own rules and values' fingerprints", async () => {
  await using folder = await temporary();
  const at = (name: string) => join(folder.path, name);
  writeFileSync(at("rules.yaml"), "rules: [ { id: acme, pattern: 'acme_(?<secret>[a-z]{8})' } ]\n");
  writeFileSync(
    at("gitleaks.toml"),
    "[[rules]]\nid = \"other\"\nregex = '''other_[a-z]{8}'''\npath = '''x'''\n",
  );
  writeFileSync(
    at("sallyport.yaml"),
    `masking: { sets: [ { name: own, rules: ./rules.yaml }, { name: gitleaks, gitleaks: ./gitleaks.toml } ] }
connections: [ { name: api, kind: github-api, hosts: [api.github.com], upstream: "https://api.github.com" } ]
`,
  );
  const text = "acme_abcdefgh other_abcdefgh";
  const { status, out } = await run(folder.path, text, "-", "--rules", "own,gitleaks");
  expect(status).toBe(0);
  const { fingerprint } = openKeys(join(folder.path, "data/keys"));
  const print = fingerprinter(fingerprint)(Buffer.from("abcdefgh"));
  expect(out).toMatch(new RegExp(`^acme_\\[REDACTED:acme:${print}\\] other_\\[REDACTED:other:`));
});

test.each([
  [[], /Name a file/],
  [["-", "--rules", "nine"], /There is no rule set nine: default, pii/],
  [["-", "--as", "toml"], /--as takes one of/],
  [["-", "--strategy", "blur"], /--strategy takes one of/],
  [["missing.txt"], /There is no file missing.txt/],
])("%j is used wrongly", async (args, expected) => {
  await using folder = await temporary();
  const { status, err } = await run(folder.path, "", ...args);
  expect(status).toBe(2);
  expect(err).toMatch(expected);
});

async function temporary() {
  const folder = await temporaryFolder();
  return { path: folder.path, [Symbol.asyncDispose]: () => folder.remove() };
}
