import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RawClient } from "../support/clients.ts";
import { type Folder, temporaryFolder } from "../support/folder.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
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
  const config = { state: { kind: "redis", url: redis.url }, keys: join(keys.path, "keys") };
  one = await startStack({ policy, config });
  two = await startStack({ policy, config });
});
afterAll(async () => {
  await one?.stop();
  await two?.stop();
  await redis?.stop();
  await keys?.remove();
});

async function create(stack: Stack, name: string): Promise<RawClient> {
  const { token, ...access } = await stack.access();
  const client = await RawClient.connect(access);
  const body = JSON.stringify({ name });
  await client.write(
    `POST /api/v3/user/repos HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  return client;
}

async function pending(stack: Stack): Promise<readonly { readonly id: string }[]> {
  const alice = stack.person("alice", ["maintainers"]);
  return JSON.parse((await alice("/api/v1/approvals?state=pending")).text).approvals;
}

test("held by one gateway, approved through the other, and let go on within a moment", async () => {
  const client = await create(one, "shared");
  await expect.poll(async () => (await pending(two)).length, { timeout: 10_000 }).toBe(1);
  const [{ id } = { id: "" }] = await pending(two);
  const alice = two.person("alice", ["maintainers"]);
  expect((await alice(`/api/v1/approvals/${id}/approve`, { reason: "Yes." })).status).toBe(200);
  expect(await client.status()).toBe(201);
});

test("Redis gone: what needs it is refused, what does not goes on, and it all works again when it is back", async () => {
  const before = one.upstream.log.length;
  await redis.crash();
  const refused = await create(one, "unseen");
  expect(await refused.status()).toBe(503);
  expect(one.upstream.log.length).toBe(before);
  await redis.restart();
  const ready = async () => (await one.person("alice")("/readyz")).status;
  await expect.poll(ready, { timeout: 30_000 }).toBe(200);
  const client = await create(one, "again");
  await expect.poll(async () => (await pending(two)).length, { timeout: 10_000 }).toBe(1);
  const [{ id } = { id: "" }] = await pending(two);
  await two.person("alice", ["maintainers"])(`/api/v1/approvals/${id}/approve`, { reason: "Yes." });
  expect(await client.status()).toBe(201);
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
