import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openMaskers } from "../../../src/assembly/maskers.ts";
import { policyExplain } from "../../../src/cli/policy-explain.ts";
import { policyTest } from "../../../src/cli/policy-test.ts";
import { ruleSetsOf } from "../../../src/cli/policy-words.ts";
import { validate } from "../../../src/cli/validate.ts";
import { folder, intent, policy, put, run } from "./policy-folder.ts";

const config = `credentials: [{ name: app, source: { env: APP_TOKEN }, scheme: token }]
connections:
  - { name: github-api, kind: github-api, hosts: [api.github.com], upstream: https://api.github.com, credential: app }
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

test("the rule sets that can be named on paper are those of the gateway", () => {
  expect(ruleSetsOf(undefined)).toEqual(openMaskers(new Uint8Array(32)).ruleSets);
});
