import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { H2Client } from "../support/clients.ts";
import { type Folder, temporaryFolder } from "../support/folder.ts";
import { askForRepository } from "../support/parked-request.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { newSession, revoke } from "../support/session.ts";
import { type Stack, startStack } from "../support/stack.ts";

/** Two gateways and one Redis: any of them may hold a request, any may take the word; without Redis nothing passes. */
let redis: TestRedis;
let keys: Folder;
let one: Stack;
let two: Stack;

const policy = `rules:
  - id: new-repositories-wait
    when: { operation: repository.create }
    then: [ { approve: { by: "group:maintainers", hold: 1m, within: 5m } }, { inject: {} } ]
  - id: reading
    when: { access: read }
    then: [ { inject: {} } ]
otherwise: [ { deny: { reason: "No." } } ]
`;

beforeAll(async () => {
  redis = await startRedis();
  keys = await temporaryFolder();
  one = await startStack({ policy, config: shared() });
  two = await startStack({ policy, config: shared() });
});
afterAll(async () => {
  await one?.stop();
  await two?.stop();
  await redis?.stop();
  await keys?.remove();
});

const shared = () => ({
  // Nobody at all is believed while Redis is away; redis-outage.test.ts has what is usual.
  state: { kind: "redis", url: redis.url, outage: { idTokens: "never" } },
  keys: join(keys.path, "keys"),
});

async function pending(stack: Stack): Promise<readonly { readonly id: string }[]> {
  const alice = stack.person("alice", ["maintainers"]);
  return JSON.parse((await alice("/api/v1/approvals?state=pending")).text).approvals;
}

test("held by one gateway, approved through the other, and let go on within a moment", async () => {
  const client = await askForRepository(one, "shared");
  await expect.poll(async () => (await pending(two)).length, { timeout: 10_000 }).toBe(1);
  const [{ id } = { id: "" }] = await pending(two);
  const alice = two.person("alice", ["maintainers"]);
  expect((await alice(`/api/v1/approvals/${id}/approve`, { reason: "Yes." })).status).toBe(200);
  expect(await client.status()).toBe(201);
});

test("Redis gone, and nobody to be believed without it: nothing passes, and it all works again when it is back", async () => {
  const before = one.upstream.log.length;
  await redis.crash();
  const refused = await askForRepository(one, "unseen");
  expect(await refused.status()).toBe(503);
  expect(one.upstream.log.length).toBe(before);
  // Nobody can tell whether a caller was revoked meanwhile: reading is refused too, with nothing sent on.
  for (const stack of [one, two]) expect((await stack.ask("/api/v3/user")).status).toBe(503);
  expect(one.upstream.log.length).toBe(before);
  expect((await one.person("alice")("/healthz")).status).toBe(200);
  expect((await one.person("alice")("/readyz")).status).toBe(503);
  await redis.restart();
  const ready = async () => (await one.person("alice")("/readyz")).status;
  await expect.poll(ready, { timeout: 30_000 }).toBe(200);
  const client = await askForRepository(one, "again");
  await expect.poll(async () => (await pending(two)).length, { timeout: 10_000 }).toBe(1);
  const [{ id } = { id: "" }] = await pending(two);
  await two.person("alice", ["maintainers"])(`/api/v1/approvals/${id}/approve`, { reason: "Yes." });
  expect(await client.status()).toBe(201);
});

test("a session token opens either gateway, outlives a gateway that was killed, and its stream ends at one when it is revoked at the other", async () => {
  const third = await startStack({ policy, config: shared() });
  const token = await newSession(third);
  await third.stop();
  const authorization = `Bearer ${token}`;
  for (const stack of [one, two])
    expect((await stack.ask("/api/v3/user", { headers: { authorization } })).status).toBe(200);
  const client = await H2Client.connect({ proxy: one.proxy, ca: one.ca });
  const stream = client.session.request({
    ":path": "/api/v3/test/slow?n=1000&ms=50",
    authorization,
  });
  stream.on("error", () => undefined);
  await once(stream, "data");
  stream.resume();
  const over = new Promise<void>((resolve) => stream.once("close", resolve));
  expect((await revoke(two.api, token)).status).toBe(200);
  // It would have gone on for fifty seconds.
  await over;
  expect(stream.rstCode).not.toBe(0);
  client.close();
  for (const stack of [one, two])
    expect((await stack.ask("/api/v3/user", { headers: { authorization } })).status).toBe(401);
});

test("neither the stored credential nor a token is anywhere in Redis", async () => {
  const client = redis.client();
  const { token = "" } = await one.access();
  const keys = await client.keys("*");
  expect(keys.length).toBeGreaterThan(0);
  const dumps = await Promise.all(keys.map((key) => client.dumpBuffer(key)));
  const all = Buffer.concat(dumps.map((dump) => dump ?? Buffer.alloc(0))).toString("latin1");
  for (const value of [one.credential, two.credential, token.split(".")[2] ?? "none"])
    expect(all).not.toContain(value);
  client.disconnect();
});

test("a gateway with other keys does not start", async () => {
  const config = { state: { kind: "redis", url: redis.url } };
  await expect(startStack({ policy, config })).rejects.toThrow(/have other keys/);
});
