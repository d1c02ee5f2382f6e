import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openMaskers } from "../../../src/assembly/maskers.ts";
import type { Command, Io } from "../../../src/cli/command.ts";
import { policyBacktest } from "../../../src/cli/policy-backtest.ts";
import { policyExplain } from "../../../src/cli/policy-explain.ts";
import { policyTest } from "../../../src/cli/policy-test.ts";
import { ruleSets } from "../../../src/cli/policy-words.ts";
import { validate } from "../../../src/cli/validate.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cli-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function put(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

async function run(command: Command, ...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const io: Io = {
    out: (line) => out.push(line),
    err: (line) => err.push(line.replaceAll(`${folder}/`, "")),
    env: {},
    cwd: folder,
    stdin: new PassThrough(),
    stdout: new PassThrough(),
  };
  const status = await command.run(args, io);
  return { status, out: out.join("\n").replaceAll(`${folder}/`, ""), err: err.join("\n") };
}

const config = `credentials: [{ name: app, source: { env: APP_TOKEN }, scheme: token }]
connections:
  - { name: github-api, kind: github-api, hosts: [api.github.com], upstream: https://api.github.com, credential: app }
`;
const policy = `rules:
  - { id: no-create, when: { operation: repository.create }, then: [{ deny: { reason: "Ask." } }] }
  - { id: reading, when: { access: read }, then: [{ inject: { credential: app } }] }
`;

test("validate tells what it resolved, by name alone", async () => {
  put("sallyport.yaml", config);
  put("policy.yaml", policy);
  const { status, out, err } = await run(validate);
  expect([status, err]).toEqual([0, ""]);
  expect(out).toMatch(
    /^connection github-api \(github-api\): api\.github\.com → https:\/\/api\.github\.com, credential app\npolicy: 2 rules, digest [0-9a-f]{64}$/,
  );
  const json = JSON.parse((await run(validate, "--json")).out);
  expect(json).toMatchObject({ valid: true, problems: [], connections: [{ credential: "app" }] });
});

test("validate tells the mistakes of both files, and of operations that nothing has", async () => {
  put("sallyport.yaml", `${config}policy: policy.yaml\nstat: {}\n`);
  put("policy.yaml", policy.replace("repository.create", "repository.crate").replace("app", "ap"));
  const { status, err } = await run(validate);
  expect(status).toBe(2);
  expect(err.split("\n")).toEqual([
    'sallyport.yaml:5:1: unknown key "stat" (did you mean "state"?)',
    'policy.yaml:2:41: there is no operation "repository.crate" (did you mean "repository.create"?)',
  ]);
  put("sallyport.yaml", config);
  expect((await run(validate)).err).toContain(
    'policy.yaml:3:75: must be app (did you mean "app"?)',
  );
});

test("validate warns of what can never rule", async () => {
  put("sallyport.yaml", config);
  put("policy.yaml", `${policy}  - { id: later, when: { access: read }, then: [allow] }\n`);
  const { status, err } = await run(validate);
  expect([status, err]).toEqual([
    0,
    'warning: policy.yaml:4:5: rule "later" can never rule: "reading" above it matches all that it does',
  ]);
});

test.each(["config", "policy", "cases"])("the schema of %s is printed", async (name) => {
  const { status, out } = await run(validate, "--schema", name);
  expect(status).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    $schema: expect.stringContaining("2020-12"),
    type: "object",
  });
});

const cases = `policy: policy.yaml
cases:
  - name: reading <is> let through
    given: { operation: { name: contents.read, access: read } }
    expect: { outcome: allow, rule: reading }
`;

test("policy test tells how many cases and rules are shown, and fails where a case does", async () => {
  put("policy.yaml", policy);
  put("p.test.yaml", cases);
  const good = await run(policyTest, "--junit", "out.xml");
  expect(good.status).toBe(0);
  expect(good.out).toBe("p.test.yaml: 1 of 1 cases, 1 of 2 rules\n  no case shows rule no-create");
  expect(readFileSync(join(folder, "out.xml"), "utf8")).toContain(
    'name="reading &lt;is&gt; let through"/>',
  );

  put("p.test.yaml", cases.replace("outcome: allow", "outcome: deny"));
  const bad = await run(policyTest, ".", "--junit", "out.xml");
  expect(bad.status).toBe(1);
  expect(bad.out).toContain("FAILED reading <is> let through: outcome: expected deny, found allow");
  expect(readFileSync(join(folder, "out.xml"), "utf8")).toContain('failures="1"');
  expect(JSON.parse((await run(policyTest, "--json")).out)).toMatchObject({
    suites: [
      {
        coverage: [
          { rule: "no-create", cases: 0 },
          { rule: "reading", cases: 1 },
        ],
      },
    ],
  });
});

test.each([
  ["no case file at all", ""],
  ["a case file with a mistake", cases.replace("given", "givn")],
  ["a case whose policy is not there", cases.replace("policy.yaml", "other.yaml")],
])("policy test with %s is used wrongly", async (_, text) => {
  put("policy.yaml", policy);
  if (text !== "") put("p.test.yaml", text);
  const { status, err } = await run(policyTest);
  expect(status).toBe(2);
  expect(err).not.toBe("");
});

test("policy explain tells every rule that was tried and what was there instead", async () => {
  put("policy.yaml", policy);
  put("request.yaml", "operation: { name: contents.read, access: read }\n");
  const { status, out } = await run(policyExplain, "--given", "request.yaml");
  expect(status).toBe(0);
  expect(out.split("\n")).toEqual([
    "contents.read on github.com/acme/app",
    "  no-create does not match: operation is contents.read",
    "  reading matches",
    "  → allow by reading: inject",
    "The request: allow, by reading.",
  ]);
  expect((await run(policyExplain)).status).toBe(2);
  expect((await run(policyExplain, "--given", "nothing.yaml")).status).toBe(2);
});

const intent = (id: string, decision: string, name: string, access: string) => ({
  id,
  at: 1_780_000_000_000,
  decision,
  method: "GET",
  path: "/x",
  connection: { name: "github-api", kind: "github-api", upstream: "https://api.github.com" },
  principal: { id: "gha:x", issuer: "gha", subject: "x", groups: [] },
  session: "s",
  operations: [
    { protocol: "github-rest", name, access, resource: "github.com/acme/app", attributes: {} },
  ],
  rules: ["old"],
  observed: [],
});

test("policy explain tells the same of a recorded exchange", async () => {
  put("policy.yaml", policy);
  put("a.jsonl", JSON.stringify(intent("7", "allow", "repository.create", "write")));
  const { status, out } = await run(policyExplain, "--record", "7", "--sessions", "a.jsonl");
  expect(status).toBe(1);
  expect(out).toContain("The request: deny, by no-create.");
  expect((await run(policyExplain, "--record", "8", "--sessions", "a.jsonl")).status).toBe(2);
  expect((await run(policyExplain, "--record", "8", "--sessions", "b.jsonl")).status).toBe(2);
  expect((await run(policyExplain, "--record", "8")).status).toBe(2);
});

test("policy backtest tells what would now go another way, and fails beyond a threshold", async () => {
  put("policy.yaml", policy);
  put(
    "a.jsonl",
    [
      intent("1", "allow", "repository.create", "write"),
      { event: { kind: "intent", intent: intent("2", "allow", "contents.read", "read") } },
      { intent: intent("3", "deny", "contents.read", "read") },
      { kind: "heartbeat" },
    ]
      .map((line) => JSON.stringify(line))
      .join("\n"),
  );
  const args = ["--policy", "policy.yaml", "--sessions", "."];
  const { status, out } = await run(policyBacktest, ...args);
  expect(status).toBe(0);
  expect(out.split("\n")).toEqual([
    "exchanges 3, not judged 1, uncertain for want of body, headers or claims 0",
    "          now  changed",
    "allowed     2        1",
    "parked      0        0",
    "blocked     1        1",
    "masked      0",
    "1  allow → deny by no-create  repository.create github.com/acme/app",
    "3  deny → allow by reading  contents.read github.com/acme/app",
  ]);
  expect((await run(policyBacktest, ...args, "--fail-on", "blocked=1")).status).toBe(0);
  expect((await run(policyBacktest, ...args, "--fail-on", "blocked=0")).status).toBe(1);
  expect((await run(policyBacktest, ...args, "--fail-on", "parked=0,allowed=33%")).status).toBe(1);
  expect((await run(policyBacktest, ...args, "--fail-on", "bloked=0")).status).toBe(2);
  expect((await run(policyBacktest, ...args, "--against", "policy.yaml", "--json")).out).toContain(
    '"changes":[]',
  );
});

test("policy backtest says where a recording lacks what could change the ruling", async () => {
  put(
    "policy.yaml",
    'rules:\n  - { id: agent, when: { access: read, headers: { user-agent: "gh/**" } }, then: [{ deny: {} }] }\n  - { id: rest, then: [allow] }\n',
  );
  const read = intent("1", "allow", "contents.read", "read");
  const write = intent("2", "allow", "issue.write", "write");
  const known = {
    ...intent("3", "allow", "contents.read", "read"),
    headers: { "user-agent": "gh/2" },
  };
  put("a.jsonl", [read, write, known].map((line) => JSON.stringify(line)).join("\n"));
  const { out } = await run(
    policyBacktest,
    "--policy",
    "policy.yaml",
    "--sessions",
    "a.jsonl",
    "--json",
  );
  const report = JSON.parse(out);
  expect(report).toMatchObject({
    exchanges: 3,
    uncertain: 1,
    changes: [{ id: "3", now: "deny", certain: true }],
  });
});

test("the rule sets that can be named on paper are those of the gateway", () => {
  expect(ruleSets).toEqual(openMaskers(new Uint8Array(32)).ruleSets);
});
