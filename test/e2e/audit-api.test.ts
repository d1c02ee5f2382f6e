import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../support/clients.ts";
import { type Stack, startStack } from "../support/stack.ts";

/** The evidence over the API and the command line, of a gateway that runs. */
let stack: Stack;

const policy = `rules:
  - id: reading
    when: { access: read }
    then: [ { mask: {} }, { inject: {} } ]
  - id: somebody-must-hurry
    when: { operation: repository.create }
    then: [ { approve: { by: "group:maintainers", hold: 1m, within: 1s } }, { inject: {} } ]
otherwise: [ { deny: { reason: "No rule allows this." } } ]
`;

beforeAll(async () => {
  stack = await startStack({ policy, config: { approvals: { approvers: ["group:auditors"] } } });
  await stack.ask("/api/v3/user");
  await stack.ask("/api/v3/repos/acme/app", { method: "DELETE" });
});
afterAll(() => stack?.stop());

test("an auditor asks who did what, and gets the record with a proof that it is in the log", async () => {
  const ada = stack.person("ada", ["auditors"]);
  const find = async () =>
    JSON.parse((await ada("/api/v1/audit/records?operation=repository.delete")).text).records;
  await expect.poll(async () => (await find()).length, { timeout: 10_000 }).toBe(1);
  const [{ intent }] = await find();
  expect(intent).toMatchObject({ decision: "deny", reason: "No rule allows this." });
  const proof = async () => (await ada(`/api/v1/audit/proof/${intent.id}`)).text;
  await expect.poll(proof, { timeout: 10_000 }).toContain("c2sp.org/tlog-proof@v1");
  expect((await ada("/api/v1/audit/checkpoint")).text).toContain("sallyport/audit\n");
});

test("the policy that came into force is on record, by its digest", async () => {
  const ada = stack.person("ada", ["auditors"]);
  const { text } = await ada("/api/v1/audit/records?action=policy.load");
  const [{ act }] = JSON.parse(text).records;
  expect(act).toMatchObject({ actor: "sallyport", outcome: "success" });
  expect(act.subject).toMatch(/^[0-9a-f]{64}$/);
});

test("that nobody decided in time is on record", async () => {
  const body = JSON.stringify({ name: "late" });
  const headers = { "content-type": "application/json" };
  expect((await stack.ask("/api/v3/user/repos", { method: "POST", body, headers })).status).toBe(
    403,
  );
  const ada = stack.person("ada", ["auditors"]);
  const expiries = async () =>
    JSON.parse((await ada("/api/v1/audit/records?action=approval.expire")).text).records;
  await expect.poll(async () => (await expiries()).length, { timeout: 10_000 }).toBe(1);
  const [{ act }] = await expiries();
  expect(act).toMatchObject({ actor: "sallyport", outcome: "success", detail: "expired" });
  expect(act.subject).toMatch(/^apr_/);
});

test("nobody else reads it, and a misspelt filter is an error", async () => {
  expect((await stack.person("bob")("/api/v1/audit/records")).status).toBe(403);
  expect((await stack.person("ada", ["auditors"])("/api/v1/audit/records?who=x")).status).toBe(400);
});

test("the command line verifies the same folder, offline", async () => {
  const args = ["src/main.ts", "audit", "verify", "--dir", `${stack.folder.path}/data/audit`];
  const { code, stdout, stderr } = await run(process.execPath, args, { cwd: process.cwd() });
  expect([code, stdout + stderr]).toEqual([0, expect.any(String)]);
});
