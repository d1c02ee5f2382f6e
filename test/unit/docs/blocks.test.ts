import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { paperVocabulary } from "../../../src/cli/policy-words.ts";
import { defaultConfig, parseConfig } from "../../../src/config/config.ts";
import { parseRules } from "../../../src/detection/rule-file.ts";
import { caseFile } from "../../../src/policy/cases/schema.ts";
import { presets } from "../../../src/policy/file.ts";
import { parsePolicy } from "../../../src/policy/parse.ts";
import { check } from "../../../src/yaml/check.ts";
import { readDocument } from "../../../src/yaml/document.ts";
import { formatProblem, type Problem } from "../../../src/yaml/problem.ts";
import { run } from "../../support/clients.ts";
import { type Block, blocksOf, lacking, pages, readBlocks } from "../../support/docs-blocks.ts";
import { type Folder, temporaryFolder } from "../../support/folder.ts";

/**
 * Every fenced block of every page is run (`sh`: test/e2e/docs-commands.test.ts), checked here (`yaml`), or says in its
 * page who else runs it, or what it needs that cannot be had here.
 */
const root = join(import.meta.dirname, "..", "..", "..");
const blocks = pages.flatMap(blocksOf);
const named = (block: Block) => [`${block.page}:${block.line}`, block] as const;
let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder?.remove());

test("there are pages, and blocks on them", () => {
  expect(pages).toEqual(expect.arrayContaining(["README.md", "docs/operator.md"]));
  expect(blocks.length).toBeGreaterThan(40);
});

test.each(blocks.map(named))(
  "%s is run, checked, or says why not",
  (_, { page, language, mark }) => {
    expect(["sh", "yaml", "text"]).toContain(language);
    if (mark?.kind === "needs") expect(lacking).toContain(mark.what);
    if (mark?.kind !== "run by") return;
    expect(readFileSync(join(root, mark.what), "utf8"), mark.what).toContain(page);
  },
);

describe("what the collector sees", () => {
  test("a block in a list, with a mark, and one whose mark is none", () => {
    const page =
      "1. x\n\n   ```sh\n   a\n   ```\n\n<!-- needs: luck -->\n\n```sh\nb\n```\n\n<!-- why -->\n```\nc\n```\n";
    expect(readBlocks("p.md", page)).toEqual([
      { page: "p.md", line: 4, language: "sh", text: "a\n" },
      {
        page: "p.md",
        line: 10,
        language: "sh",
        text: "b\n",
        mark: { kind: "needs", what: "luck" },
      },
      { page: "p.md", line: 15, language: "", text: "c\n" },
    ]);
    expect(() => readBlocks("p.md", "```sh\na\n")).toThrow("not closed");
  });
});

const known = Object.keys(defaultConfig("/"));
type Kind = readonly [name: string, is: (value: Fields) => boolean, check: Check];
type Check = (text: string, value: Fields) => readonly Problem[] | Promise<readonly Problem[]>;
type Fields = Readonly<Record<string, unknown>>;

/** What a YAML block can be, and how it is proved; the first that fits. */
const kinds: readonly Kind[] = [
  ["steps of a workflow", Array.isArray, (_, steps) => stepProblems(steps)],
  [
    "rules of masking",
    ({ rules }) => Array.isArray(rules) && rules.some((rule) => "pattern" in rule),
    (text) => problemsOf(parseRules(text, "rules.yaml")),
  ],
  [
    "a policy",
    ({ rules }) => Array.isArray(rules),
    (text) =>
      problemsOf(
        parsePolicy([{ file: "policy.yaml", text }], presets(), paperVocabulary(undefined)),
      ),
  ],
  ["cases", ({ cases }) => Array.isArray(cases), (text) => caseProblems(text)],
  [
    "a request",
    ({ operation }) => operation !== undefined,
    (_, given) =>
      caseProblems(
        stringify({
          policy: "p.yaml",
          cases: [{ name: "c", given, expect: { outcome: "deny", rule: "otherwise" } }],
        }),
      ),
  ],
  ["Prometheus", (value) => "scrape_configs" in value, (text) => promtool(text)],
  [
    "a config, or a part of one",
    (value) => Object.keys(value).every((key) => known.includes(key)),
    (_, value) => problemsOf(parseConfig(stringify(completed(value)), "sallyport.yaml", "/srv")),
  ],
];

describe("a block of YAML is what its page says it is", () => {
  const yaml = blocks.filter(({ language }) => language === "yaml");
  test.each(yaml.map(named))("%s", async (_, { text }) => {
    const value = parse(text) as Fields;
    const kind = kinds.find(([, is]) => is(value));
    if (kind === undefined) throw new Error(`nobody knows what this is:\n${text}`);
    expect([kind[0], (await kind[2](text, value)).map(formatProblem)]).toEqual([kind[0], []]);
  });

  test.each([
    ["a config", "listen: { proxie: x }\n", "nobody knows"],
    ["a policy", "rules: [ { id: a, when: { operatoin: push }, then: [allow] } ]\n", "operatoin"],
  ])("%s that is wrong is found out", async (_, text, said) => {
    const value = parse(text) as Fields;
    const kind = kinds.find(([, is]) => is(value));
    const problems = (await kind?.[2](text, value))?.map(formatProblem) ?? ["nobody knows"];
    expect(problems.join("\n")).toMatch(said === "nobody knows" ? /proxie/ : said);
  });
});

type Checked = { readonly ok: true } | { readonly ok: false; readonly error: readonly Problem[] };
function problemsOf(checked: Checked): readonly Problem[] {
  return checked.ok ? [] : checked.error;
}

function caseProblems(text: string): readonly Problem[] {
  const document = readDocument("cases.yaml", text);
  return document.ok ? problemsOf(check(document.value, caseFile)) : document.error;
}

/** A part of a config with what every config must have. */
function completed(part: Fields): Fields {
  const connections = [
    {
      name: "api",
      kind: "github-api",
      hosts: ["api.github.com"],
      upstream: "https://api.github.com",
    },
  ];
  return { connections, ...part };
}

/** A step that uses our own action gives it what it takes, and what it must have. */
function stepProblems(steps: Fields): readonly Problem[] {
  const action = parse(readFileSync(join(root, "deploy/runner/action.yml"), "utf8")) as Fields;
  const inputs = Object.keys(action["inputs"] as Fields);
  const wrong = (message: string) => ({ file: "steps", line: 1, column: 1, message });
  // Steps of other people's making are theirs to check.
  const ours = (steps as unknown as readonly Fields[]).filter(({ uses }) =>
    String(uses).startsWith("OWNER/"),
  );
  if (ours.length === 0) return [wrong("none of these steps is ours")];
  return ours.flatMap(({ uses, with: given = {} }) => [
    ...(existsSync(join(root, String(uses).replace(/^OWNER\/sallyport\/|@.*$/g, "")))
      ? []
      : [wrong(String(uses))]),
    ...Object.keys(given as Fields)
      .filter((name) => !inputs.includes(name))
      .map(wrong),
  ]);
}

async function promtool(text: string): Promise<readonly Problem[]> {
  const file = join(folder.path, "prometheus.yml");
  writeFileSync(file, text);
  const ended = await run("promtool", ["check", "config", file], { cwd: folder.path });
  return ended.code === 0 ? [] : [{ file, line: 1, column: 1, message: ended.stderr }];
}
