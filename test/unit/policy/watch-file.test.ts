import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../../src/base/clock.ts";
import { loadPolicy } from "../../../src/policy/file.ts";
import { type LivePolicy, type Reload, watchPolicy } from "../../../src/policy/watch-file.ts";
import { paperActions } from "../../support/paper-actions.ts";

const vocabulary = { actions: paperActions() };
const rule = (id: string) => `rules:\n  - { id: ${id}, then: [allow] }\n`;

let folder: string;
let live: LivePolicy | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "policy-"));
});

afterEach(() => {
  live?.close();
  rmSync(folder, { recursive: true, force: true });
});

function start(path: string): { live: LivePolicy; next: () => Promise<Reload> } {
  const loaded = loadPolicy(path, vocabulary);
  if (!loaded.ok) throw new Error("the first policy does not load");
  const waiting: ((reload: Reload) => void)[] = [];
  const arrived: Reload[] = [];
  live = watchPolicy(path, vocabulary, loaded.value, systemClock, (reload) => {
    const waiter = waiting.shift();
    if (waiter === undefined) arrived.push(reload);
    else waiter(reload);
  });
  const next = () =>
    new Promise<Reload>((resolve) => {
      const reload = arrived.shift();
      if (reload === undefined) waiting.push(resolve);
      else resolve(reload);
    });
  return { live, next };
}

test("a changed file is loaded whole, a bad one leaves the last good one in force, a mended one is loaded", async () => {
  const path = join(folder, "policy.yaml");
  writeFileSync(path, rule("first"));
  const { live, next } = start(path);
  writeFileSync(path, rule("second"));
  expect((await next()).kind).toBe("loaded");
  expect(live.current().rules.map(({ id }) => id)).toEqual(["second"]);
  const good = live.current().digest;

  writeFileSync(path, "rules: [{ id: third, then: [alow] }]\n");
  expect(await next()).toMatchObject({
    kind: "rejected",
    problems: [
      { file: path, line: 1, message: 'there is no action "alow" (did you mean "allow"?)' },
    ],
  });
  expect(live.current().digest).toBe(good);
  expect(live.problems()).toHaveLength(1);

  writeFileSync(`${path}.new`, rule("second"));
  renameSync(`${path}.new`, path);
  expect((await next()).kind).toBe("loaded");
  expect(live.problems()).toEqual([]);
});

test("a folder is one policy, its files in the order of their names; a file that vanishes is a bad policy", async () => {
  writeFileSync(join(folder, "20-b.yaml"), rule("b"));
  writeFileSync(join(folder, "10-a.yaml"), rule("a"));
  writeFileSync(join(folder, "10-a.test.yaml"), "not a policy");
  const { live, next } = start(folder);
  expect(live.current().rules.map(({ id }) => id)).toEqual(["a", "b"]);
  expect(live.reload().kind).toBe("unchanged");
  rmSync(join(folder, "20-b.yaml"));
  rmSync(join(folder, "10-a.yaml"));
  expect(await next()).toMatchObject({
    kind: "rejected",
    problems: [{ message: "there is no policy file in this folder" }],
  });
  expect(live.current().rules.map(({ id }) => id)).toEqual(["a", "b"]);
});
