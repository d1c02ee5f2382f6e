import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "../support/stack.ts";

// The full figure is 1,000: RECORDED=1000.
const count = Number(process.env["RECORDED"] ?? 120);

const before = `
rules:
  - id: reading
    when: { access: read }
    then: [ { inject: {} }, { record: {} } ]
  - id: writing
    when: { access: write }
    then: [ { inject: {} }, { record: {} } ]
`;

/** Judges by operation, resource, principal, header, path and body. */
const after = `
rules:
  - id: no-secret-plans
    when: { operation: issue.write, body: { pointer: /title, words: [falcon] } }
    then: [ { deny: { reason: "Not this name." } }, { record: {} } ]
  - id: people-decide
    when: { operation: repository.create }
    then: [ { approve: { by: "group:maintainers", within: 1m, hold: 1s } }, { record: {} } ]
  - id: no-robots
    when: { headers: { x-robot: "yes" } }
    then: [ { deny: { reason: "No robots." } }, { record: {} } ]
  - id: reading
    when: { access: read }
    then: [ { inject: {} }, { record: {} } ]
  - id: issues
    when: { operation: issue.write }
    then: [ { mask: {} }, { inject: {} }, { record: {} } ]
`;

interface Asked {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A mixed bag: every request differs, and every rule of the new policy is met. */
function request(index: number): Asked {
  const headers = { "content-type": "application/json", "x-case": String(index) };
  const kinds: readonly Asked[] = [
    { path: "/api/v3/repos/acme/app" },
    {
      path: "/api/v3/repos/acme/app/issues",
      method: "POST",
      headers,
      body: `{"title":"bug ${index}"}`,
    },
    {
      path: "/api/v3/repos/acme/app/issues",
      method: "POST",
      headers,
      body: `{"title":"project falcon ${index}"}`,
    },
    { path: "/api/v3/orgs/acme/repos", method: "POST", headers, body: `{"name":"new-${index}"}` },
    { path: "/api/v3/user", headers: { "x-robot": index % 2 === 0 ? "yes" : "no" } },
    { path: `/api/v3/repos/acme/old-${index}`, method: "DELETE", headers },
  ];
  const kind = kinds[index % kinds.length];
  if (kind === undefined) throw new Error("no such kind");
  return kind;
}

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ policy: before, config: { recording: { idle: "1s" } } });
}, 60_000);
afterAll(() => stack?.stop());

/** Sends all of them, eight at a time, and gives what policy did to each, by its record. */
async function sendAll(): Promise<readonly string[]> {
  const ids = new Array<string>(count);
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < count; index = next++) {
      const { path, ...question } = request(index);
      const answer = await stack.ask(path, question);
      const { headers } = answer;
      ids[index] = String(headers["x-sallyport-record"] ?? headers["x-github-request-id"]);
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  return ids;
}

/** What the gateway wrote of each exchange: its decision, its rules. */
function decisions(): Map<string, { decision: string; rules: readonly string[]; reason?: string }> {
  const found = new Map();
  for (const line of stack.stdout().split("\n")) {
    if (!line.startsWith("{")) continue;
    const { id, decision, rules, reason } = JSON.parse(line) as Record<string, never>;
    if (id !== undefined) found.set(id, { decision, rules, reason });
  }
  return found;
}

test("a changed policy over recorded exchanges: what backtest says is what enforcement then does", async () => {
  const recorded = await sendAll();
  const run = promisify(execFile);
  const changed = join(stack.folder.path, "changed.yaml");
  await writeFile(changed, after);
  const main = join(import.meta.dirname, "..", "..", "src", "main.ts");
  const recordings = join(stack.folder.path, "data", "recordings");
  const config = join(stack.folder.path, "sallyport.yaml");
  const args = [main, "policy", "backtest", "--config", config, "--policy", changed];
  const began = performance.now();
  const { stdout } = await run(process.execPath, [...args, "--sessions", recordings, "--json"], {
    cwd: stack.folder.path,
    maxBuffer: 1 << 28,
  });
  console.log(`${count} exchanges tried in ${Math.round(performance.now() - began)} ms`);
  const report = JSON.parse(stdout) as {
    readonly exchanges: number;
    readonly skipped: number;
    readonly uncertain: number;
    readonly changes: readonly { id: string; now: string; rule: string; before: string }[];
  };
  expect(report).toMatchObject({ exchanges: count, skipped: 0, uncertain: 0 });
  const said = new Map(report.changes.map((change) => [change.id, change]));

  const loaded = stack.stdout().length;
  await writeFile(stack.policyFile, after);
  await expect
    .poll(() => stack.stdout().slice(loaded), { timeout: 20_000 })
    .toContain("policy.load");
  const replayed = await sendAll();
  await expect.poll(() => decisions().size, { timeout: 20_000 }).toBeGreaterThanOrEqual(2 * count);
  const done = decisions();
  const words = { deny: "deny", allow: "allow", approve: "approve", error: "error" } as const;
  for (const [index, id] of replayed.entries()) {
    const { decision, rules } = done.get(id) ?? { decision: "none", rules: [] };
    // Nobody says yes here: what waits is told to come back, by the rule that asks.
    const enforced = rules.includes("people-decide") ? words.approve : decision;
    const change = said.get(recorded[index] ?? "");
    expect([index, change?.now ?? "allow"]).toEqual([index, enforced]);
    if (change !== undefined) expect(rules).toContain(change.rule);
  }
  expect(new Set([...said.values()].map(({ rule }) => rule))).toEqual(
    new Set(["no-secret-plans", "people-decide", "no-robots", "otherwise"]),
  );
}, 900_000);
