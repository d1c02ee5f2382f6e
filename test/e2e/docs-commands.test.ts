import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findEnvoy } from "../../src/envoy/binary.ts";
import { type Running, run, start } from "../support/clients.ts";
import { type Block, blocksOf, pages } from "../support/docs-blocks.ts";
import { type Folder, temporaryFolder } from "../support/folder.ts";
import { type House, openHouse } from "./docs-commands/house.ts";

/**
 * The shell blocks of every page, as their readers would run them: in one shell after another, page by page, against a
 * gateway with something in it. A page's own files (`# sallyport.yaml` on the first line of a block) are written first.
 */
const root = join(import.meta.dirname, "..", "..");
let house: House;
let folder: Folder;
let path: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  house = await openHouse();
  path = `${await programs()}${delimiter}${process.env["PATH"] ?? ""}`;
}, 180_000);
afterAll(async () => {
  await house?.close();
  await folder?.remove();
});

/** A folder with what the pages call by name: ours, and what `setup --test` fetched. */
async function programs(): Promise<string> {
  const bin = join(folder.path, "bin");
  mkdirSync(bin);
  const main = join(root, "src", "main.ts");
  const script = `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`;
  writeFileSync(join(bin, "sallyport"), script, { mode: 0o755 });
  const envoy = await findEnvoy();
  if (!envoy.ok) throw new Error(envoy.error);
  symlinkSync(envoy.value.path, join(bin, "envoy"));
  const helm = join(root, ".cache", "helm-3.19.2", "helm");
  if (existsSync(helm)) symlinkSync(helm, join(bin, "helm"));
  return bin;
}

const shell = (page: string): readonly Block[] =>
  blocksOf(page).filter(
    ({ language, mark }) =>
      language === "sh" && (mark === undefined || mark.kind.endsWith("until")),
  );
const told = pages.filter((page) => shell(page).length > 0);

test("the pages for each reader have something to run", () => {
  for (const reader of ["operator", "ci-engineer", "approver", "auditor", "policy/README"])
    expect(told).toContain(`docs/${reader}.md`);
});

test.each(told)(
  "%s",
  async (page) => {
    const { env, cwd, settled } = await house.page(
      page,
      join(folder.path, page.replaceAll("/", "-")),
    );
    for (const link of ["deploy", "envoy"])
      if (!existsSync(join(cwd, link))) symlinkSync(join(root, link), join(cwd, link));
    for (const { text, language } of blocksOf(page)) {
      const name = /^# ([\w.-]+\.yaml)$/m.exec(text.split("\n")[0] ?? "")?.[1];
      if (language === "yaml" && name !== undefined) writeFileSync(join(cwd, name), text);
    }
    const all = { ...env, PATH: path, NODE_COMPILE_CACHE: join(folder.path, "compiled") };
    for (const block of shell(page)) await runBlock(block, cwd, all);
    await settled?.();
  },
  240_000,
);

async function runBlock(
  block: Block,
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const place = `${block.page}:${block.line}`;
  // As it stands, and the first command that fails ends it.
  const bash = ["/bin/bash", "-euo", "pipefail", "-c"] as const;
  const [program, ...args] = bash;
  if (block.mark?.kind === "until")
    return until(block.mark.what, start(program, [...args, block.text], { cwd, env }), place);
  if (block.mark?.kind === "alone, until") {
    const text = `ip link set lo up\n${block.text}`;
    const inside = start("unshare", ["-rn", ...bash, text], { cwd, env });
    return until(block.mark.what, inside, place);
  }
  const ended = await run(program, [...args, block.text], { cwd, env });
  expect(ended.code, `${place}\n${ended.stdout}${ended.stderr}`).toBe(0);
}

/** Runs it until its output holds these words, then ends it: with all that it started, by SIGTERM. */
async function until(words: string, running: Running, place: string): Promise<void> {
  let over = false;
  void running.ended.then(() => {
    over = true;
  });
  try {
    await expect
      .poll(() => over || running.output().includes(words), { timeout: 100_000 })
      .toBe(true);
    expect(running.output(), place).toContain(words);
  } finally {
    if (running.child.pid !== undefined && !over) process.kill(-running.child.pid, "SIGTERM");
  }
  await running.ended;
}
