import { execFile } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Operation } from "../../../../src/core/operation.ts";
import { git as gitProtocol } from "../../../../src/protocols/git/index.ts";
import { filePackSpools } from "../../../../src/protocols/git/pack/file.ts";
import type { Protocol } from "../../../../src/protocols/protocol.ts";
import { type GitHost, git, gitEnv, objectsIn, startGitHost } from "./git-host.ts";
import { bare, kinds, main, prepare, restore, root, work } from "./kinds-of-change.ts";

const run = promisify(execFile);
let host: GitHost;
let judged: readonly Operation[] = [];

beforeAll(prepare, 60_000);

afterAll(() => rmSync(root, { recursive: true, force: true }));

const all = Object.entries(kinds);
const some = all.filter(([name]) =>
  /^(an edit|a rename|a subtree|many|a merge|deltas|small)/.test(name),
);

describe.each([
  ["with no-thin advertised", true, all],
  ["with thin packs, as a client that ignores no-thin sends", false, some],
])("what a push changes is what git says it changes, %s", (_, noThin, cases) => {
  beforeAll(async () => {
    const whole = gitProtocol({
      spool: filePackSpools(join(root, "spool")),
      objects: objectsIn(bare),
    });
    const { responseLens: _edit, ...unedited } = whole;
    const protocol: Protocol = noThin ? whole : unedited;
    host = await startGitHost(root, protocol, async (parser) => {
      const answer = await parser.resolve?.();
      if (answer?.ok === true && answer.value[0].name === "push") judged = answer.value;
      return undefined;
    });
  });
  afterAll(() => host.close());

  it.each(cases)("%s", async (_, kind) => {
    restore();
    kind.does();
    const push = kind.push ?? ["HEAD:refs/heads/main"];
    judged = [];
    const cwd = kind.where ?? work;
    await run("git", [...(kind.config ?? []), "push", "-q", `${host.url}/acme/app.git`, ...push], {
      cwd,
      env: gitEnv,
    });
    const [operation] = judged;
    const to = String(operation?.attributes["new"]);
    const since = kind.since?.() ?? main;
    const expected = git(
      cwd,
      "-c",
      "core.quotePath=false",
      "diff",
      "--name-only",
      "--no-renames",
      since,
      to,
    );
    expect(operation?.attributes["paths"]).toEqual(expected === "" ? [] : expected.split("\n"));
    expect(operation?.unknown).toBeUndefined();
    expect(operation?.attributes["force"]).toBe(push[0]?.startsWith("+") ?? false);
  });
});

it("a repository with SHA-256 ids is read the same", async () => {
  const sha256 = join(root, "acme", "long.git");
  const tree = join(root, "long");
  git(root, "init", "-q", "--bare", "--object-format=sha256", "-b", "main", sha256);
  git(sha256, "config", "http.receivepack", "true");
  git(root, "init", "-q", "--object-format=sha256", "-b", "main", tree);
  mkdirSync(join(tree, ".github/workflows"), { recursive: true });
  const ports = { spool: filePackSpools(join(root, "spool")), objects: objectsIn(sha256) };
  let seen: readonly Operation[] = [];
  const server = await startGitHost(root, gitProtocol(ports), async (parser) => {
    const answer = await parser.resolve?.();
    if (answer?.ok === true && answer.value[0].name === "push") seen = answer.value;
    return undefined;
  });
  const told: unknown[] = [];
  for (const [path, content] of [
    ["README", "1"],
    [".github/workflows/ci.yml", "2"],
  ] as const) {
    writeFileSync(join(tree, path), content);
    git(tree, "add", "-A");
    git(tree, "commit", "-qm", path);
    await run("git", ["push", "-q", `${server.url}/acme/long.git`, "main"], {
      cwd: tree,
      env: gitEnv,
    });
    told.push(seen[0]?.attributes["paths"]);
  }
  await server.close();
  expect(told).toEqual([["README"], [".github/workflows/ci.yml"]]);
});
