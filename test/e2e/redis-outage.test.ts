import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask } from "../../src/demo/ask.ts";
import { type Folder, temporaryFolder } from "../support/folder.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { exchange, newSession } from "../support/session.ts";
import { type Stack, startStack } from "../support/stack.ts";

/**
 * Redis is killed under two gateways that share it, and brought back: what needs it is refused with 503 meanwhile, what
 * does not goes on, and both go on afterwards without a restart, with nothing missing in the audit log that they share.
 */
const policy = `rules:
  - id: new-repositories-wait
    when: { operation: repository.create }
    then: [ { approve: { by: "group:maintainers", hold: 1m, within: 5m } }, { inject: {} } ]
  - id: counted
    when: { operation: repository.read }
    then: [ { limit: { requests: 1000, window: 1h } }, { inject: {} } ]
  - id: reading
    when: { access: read }
    then: [ { inject: {} } ]
otherwise: [ { deny: { reason: "No." } } ]
`;
const rounds = 4;

let redis: TestRedis;
let shared: Folder;
/** By default: id tokens go on for five minutes. */
let usual: Stack;
/** Id tokens do not, and session tokens that it has seen do. */
let other: Stack;

beforeAll(async () => {
  redis = await startRedis();
  shared = await temporaryFolder();
  const start = (replica: string, outage: object) =>
    startStack({
      policy,
      config: {
        state: { kind: "redis", url: redis.url, ...outage },
        keys: join(shared.path, "keys"),
        approvals: { approvers: ["group:maintainers"] },
        audit: { log: { dir: join(shared.path, "log") }, replica, checkpointEvery: "1s" },
      },
    });
  usual = await start("usual", {});
  other = await start("other", { outage: { idTokens: "never", sessionTokens: "1h" } });
}, 120_000);
afterAll(async () => {
  await usual?.stop();
  await other?.stop();
  await redis?.stop();
  await shared?.remove();
});

const arrived = () => usual.upstream.log.length + other.upstream.log.length;

/** The case of every answer that a gateway gave. */
const cases = new Map<Stack, string[]>();

async function call(stack: Stack, path: string, token: string, body?: object): Promise<number> {
  const sent = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const answer = await ask(stack.proxy + path, {
    ca: readFileSync(stack.ca, "utf8"),
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...sent,
  });
  // An upstream has ids of its own: what went on is looked up by number alone.
  if (answer.status >= 400)
    cases.set(stack, [...(cases.get(stack) ?? []), `${answer.headers["x-github-request-id"]}`]);
  return answer.status;
}

/** Ends the session of that token, present and future tokens of it included. */
async function revoke(stack: Stack, token: string): Promise<void> {
  await exchange(stack.api, token);
  const mine = { headers: { authorization: `Bearer ${token}` } };
  const { text } = await ask(`${stack.api}/oauth2/sessions`, mine);
  const [{ session }] = JSON.parse(text).sessions;
  const ended = await ask(`${stack.api}/oauth2/sessions/${session}`, { ...mine, method: "DELETE" });
  expect(ended.status).toBe(204);
}

/** What a caller meets who asks so often. */
async function statuses(stack: Stack, token: string, path: string): Promise<readonly number[]> {
  const found: number[] = [];
  for (let round = 0; round < rounds; round++) found.push(await call(stack, path, token));
  return found;
}

const all = (status: number) => Array.from({ length: rounds }, () => status);
const reading = "/api/v3/user";
const counted = "/api/v3/repos/acme/app";
const creating = "/api/v3/user/repos";

async function gauge(stack: Stack, name: string): Promise<number> {
  const { text } = await ask(`${stack.metrics}/metrics`);
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
}

test("Redis gone and back: what needs it gets 503, what does not goes on, and every record is there", {
  timeout: 240_000,
}, async () => {
  const raw = await usual.issuer.token();
  const rawOfOther = await other.issuer.token();
  const [seen, unseen, ofUsual] = [
    await newSession(other),
    await newSession(other),
    await newSession(usual),
  ];
  const revoked = await usual.issuer.token({
    run_id: "666",
    sub: "repo:acme/app:ref:refs/heads/x",
  });
  for (const path of [reading, counted]) {
    expect(await statuses(usual, raw, path)).toEqual(all(200));
    expect(await statuses(other, seen, path)).toEqual(all(200));
  }
  expect(await call(usual, reading, ofUsual)).toBe(200);
  expect(await call(usual, reading, revoked)).toBe(200);
  await revoke(usual, revoked);
  expect(await call(usual, reading, revoked)).toBe(401);
  const before = arrived();

  await redis.crash();
  expect(await statuses(usual, raw, reading)).toEqual(all(200));
  expect(await statuses(other, seen, reading)).toEqual(all(200));
  expect(arrived() - before).toBe(2 * rounds);
  // A session that was revoked before stays so.
  expect(await call(usual, reading, revoked)).toBe(401);
  // A session token that only Redis knows, or that is not to be taken without it; an id token likewise.
  expect(await statuses(usual, ofUsual, reading)).toEqual(all(503));
  expect(await statuses(other, unseen, reading)).toEqual(all(503));
  expect(await statuses(other, rawOfOther, reading)).toEqual(all(503));
  // What is counted there, what waits there, and what is made there.
  expect(await statuses(usual, raw, counted)).toEqual(all(503));
  expect(await call(usual, creating, raw, { name: "unseen" })).toBe(503);
  expect((await exchange(usual.api, raw)).status).toBe(503);
  expect(arrived() - before).toBe(2 * rounds);
  const check = usual.person("alice");
  expect((await check("/readyz")).status).toBe(503);
  expect((await check("/readyz?exclude=state")).status).toBe(200);

  await redis.restart();
  const ready = async (stack: Stack) => (await stack.person("alice")("/readyz")).status;
  for (const stack of [usual, other])
    await expect.poll(() => ready(stack), { timeout: 60_000 }).toBe(200);
  for (const [stack, token] of [
    [usual, raw],
    [usual, ofUsual],
    [other, rawOfOther],
    [other, unseen],
  ] as const)
    for (const path of [reading, counted])
      expect(await statuses(stack, token, path)).toEqual(all(200));
  expect(arrived() - before).toBe(10 * rounds);
  await provenInOneLog();
});

/** Every record of both, and each refusal by name, is in the log that they share. */
async function provenInOneLog(): Promise<void> {
  const records = async () =>
    (await gauge(usual, "sallyport_audit_records_total")) +
    (await gauge(other, "sallyport_audit_records_total"));
  const logged = async () => (await gauge(usual, "sallyport_audit_log_size")) - (await records());
  await expect.poll(logged, { timeout: 120_000, interval: 500 }).toBe(0);
  for (const [stack, ids] of cases)
    for (const id of ids) {
      const proof = () => stack.person("alice", ["maintainers"])(`/api/v1/audit/proof/${id}`);
      await expect.poll(async () => (await proof()).status, { timeout: 60_000 }).toBe(200);
    }
}
