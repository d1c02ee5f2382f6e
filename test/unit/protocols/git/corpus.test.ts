import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
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
    const { adjustResponse: _edit, ...unedited } = whole;
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
    await run("git", [...(kind.config ?? []), "push", "-q", `${host.url}/acme/app.git`, ...push], {
      cwd: work,
      env: gitEnv,
    });
    const [operation] = judged;
    const to = String(operation?.attributes["new"]);
    const since = kind.since?.() ?? main;
    const expected = git(
      work,
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
