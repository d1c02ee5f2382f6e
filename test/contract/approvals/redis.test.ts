import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openRedisStore } from "../../../src/approvals/redis.ts";
import { type ApprovalStore, StoreUnavailable } from "../../../src/approvals/store.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { newApprovalId } from "../../../src/core/ids.ts";
import { startRedis, type TestRedis } from "../../support/redis.ts";
import { anAsk, approve, person, record, stateOf, terms } from "./scene.ts";
import { mostPending, sinks, storeSuite } from "./store-suite.ts";

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

/** A store, connected and subscribed. */
async function openStore(prefix: string, ahead: () => number = () => 0): Promise<ApprovalStore> {
  const store = await openRedisStore({
    url: redis.url,
    clock: systemClock,
    prefix,
    ahead,
    sinks,
    mostPending,
  });
  const watcher = redis.client();
  // Subscribed when the server says so, and not before: changes made earlier would not be told.
  for (;;) {
    const [, count] = (await watcher.pubsub("NUMSUB", `{${prefix}}:approvals:changes`)) as [
      string,
      number,
    ];
    if (count > 0) break;
    await new Promise((done) => setImmediate(done));
  }
  watcher.disconnect();
  return store;
}

storeSuite("Redis", async () => {
  const prefix = randomUUID();
  let ahead = 0;
  const stores = [await openStore(prefix, () => ahead)];
  return {
    store: stores[0]!,
    advance: (ms) => {
      ahead += ms;
    },
    again: async () => {
      stores.push(await openStore(prefix, () => ahead));
      return stores[1]!;
    },
    end: async () => {
      for (const store of stores) await store.close();
    },
  };
});

describe("the Redis store, shared and interrupted", () => {
  test("of many processes that use one approval, one succeeds; each hears of the others' changes", async () => {
    const prefix = randomUUID();
    const stores = await Promise.all([1, 2, 3].map(() => openStore(prefix)));
    const ask = anAsk();
    const heard = stores.map(
      (store) =>
        new Promise<string>((resolve) => {
          store.watch(({ state }) => state === "consumed" && resolve(state));
        }),
    );
    await stores[0]!.open(ask, record());
    await stores[1]!.apply(ask.id, approve("ann"));
    const uses = await Promise.all(
      stores.flatMap((store) => [1, 2, 3].map(() => store.consume([ask.id], record()))),
    );
    expect(uses.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await Promise.all(heard)).toEqual(["consumed", "consumed", "consumed"]);
    await Promise.all(stores.map((store) => store.close()));
  });

  test("of many uses at once each approval serves one, and what cannot be used spoils nobody else's", async () => {
    const store = await openStore(randomUUID());
    const asks = Array.from({ length: 120 }, (_, i) =>
      anAsk({ requester: { id: `idp:of-many-${i}`, aliases: [] } }),
    );
    await Promise.all(asks.map((ask) => store.open(ask, record())));
    const [unsaid, both, ...rest] = asks.map(({ id }) => id);
    if (unsaid === undefined || both === undefined) throw new Error("nothing was asked");
    for (const id of [both, ...rest]) await store.apply(id, approve("ann"));
    const twice = rest.flatMap((id) => [id, id]);
    // One that waits for two people, of whom one has not said a word; the other's word is not spent.
    const half = store.consume([both, unsaid], record());
    const uses = await Promise.all(twice.map((id) => store.consume([id], record())));
    expect(await half).toEqual({ ok: false, error: "not_approved" });
    expect(uses.filter(({ ok }) => ok)).toHaveLength(rest.length);
    const standings = await store.standings([both, unsaid, ...rest]);
    expect(standings.map((one) => one?.state)).toEqual([
      "approved",
      "pending",
      ...rest.map(() => "consumed"),
    ]);
    expect(await store.consume([both], record())).toMatchObject({ ok: true });
    await store.close();
  });

  test("of many words said at once each counts for its own approval, and one that may not be said spoils nobody else's", async () => {
    const store = await openStore(randomUUID());
    const asks = Array.from({ length: 60 }, (_, i) =>
      anAsk({ requester: { id: `idp:at-once-${i}`, aliases: [] }, terms: { ...terms, count: 2 } }),
    );
    await Promise.all(asks.map((ask) => store.open(ask, record())));
    const words = asks.flatMap(({ id }) => [
      store.apply(id, approve("ann")),
      store.apply(id, approve("ann")),
      store.apply(id, { ...approve("mallory"), by: person("mallory", []) }),
      store.apply(id, approve("bob")),
    ]);
    const said = await Promise.all([...words, store.apply(newApprovalId(), approve("ann"))]);
    const count = (error: string) => said.filter((one) => !one.ok && one.error === error).length;
    expect(said.filter(({ ok }) => ok)).toHaveLength(2 * asks.length);
    expect(count("not_entitled")).toBe(asks.length);
    expect(count("unknown")).toBe(1);
    const standings = await store.standings(asks.map(({ id }) => id));
    expect(standings.map((one) => one?.state)).toEqual(asks.map(() => "approved"));
    expect(standings.map((one) => one?.says.length)).toEqual(asks.map(() => 2));
    await store.close();
  });

  test("keeps every key in one slot, so that a cluster takes its scripts", async () => {
    const prefix = randomUUID();
    const store = await openStore(prefix);
    const ask = anAsk();
    await store.open(ask, record());
    await store.apply(ask.id, approve("ann"));
    await store.consume([ask.id], record());
    const client = redis.client();
    const keys = await client.keys(`*${prefix}*`);
    expect(keys.every((key) => key.startsWith(`{${prefix}}:`))).toBe(true);
    client.disconnect();
    await store.close();
  });

  test("nothing it keeps stays for ever", async () => {
    const prefix = randomUUID();
    const store = await openStore(prefix);
    const ask = anAsk();
    await store.open(ask, record());
    await store.apply(ask.id, approve("ann"));
    const client = redis.client();
    const keys = (await client.keys(`{${prefix}}*`)).filter((key) =>
      /:(approval|binding|grant):/.test(key),
    );
    expect(keys.length).toBeGreaterThan(1);
    for (const key of keys) expect(await client.pttl(key)).toBeGreaterThan(0);
    client.disconnect();
    await store.close();
  });

  test("with Redis gone every call says so; with Redis back all is as it was, scripts and subscription too", async () => {
    const prefix = randomUUID();
    const store = await openStore(prefix);
    const ask = anAsk();
    await store.open(ask, record());
    await redis.crash();
    await expect(store.consume([ask.id], record())).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(store.open(anAsk(), record())).rejects.toBeInstanceOf(StoreUnavailable);
    expect(await store.ready()).toMatchObject({ ok: false });
    await redis.restart();
    await until(async () => (await store.ready()).ok);
    const heard = new Promise<string>((resolve) => {
      store.watch(({ state }) => resolve(state));
    });
    const client = redis.client();
    await until(async () => {
      const [, count] = (await client.pubsub("NUMSUB", `{${prefix}}:approvals:changes`)) as [
        string,
        number,
      ];
      return count > 0;
    });
    client.disconnect();
    expect(await store.apply(ask.id, approve("ann"))).toMatchObject({ ok: true });
    expect(await heard).toBe("approved");
    expect(await store.consume([ask.id], record())).toMatchObject({ ok: true });
    expect(stateOf(await store.get(ask.id))).toBe("consumed");
    await store.close();
  });

  test("a use that too few replicas have does not count", async () => {
    const store = await openRedisStore({
      url: redis.url,
      clock: systemClock,
      prefix: randomUUID(),
      replicas: 1,
    });
    await until(async () => (await store.ready()).ok);
    const ask = anAsk();
    await store.open(ask, record());
    await store.apply(ask.id, approve("ann"));
    await expect(store.consume([ask.id], record())).rejects.toBeInstanceOf(StoreUnavailable);
    await store.close();
  });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((done) => setTimeout(done, 5));
}

test("says that a Redis without an append-only file may lose what people said", async () => {
  const store = await openStore(randomUUID());
  const admin = redis.client();
  expect(await store.ready()).toEqual({ ok: true, value: "redis answers" });
  await admin.config("SET", "appendonly", "no");
  expect(await store.ready()).toMatchObject({ value: expect.stringContaining("may be lost") });
  await admin.config("SET", "appendonly", "yes");
  admin.disconnect();
  await store.close();
});

test("is not ready while Redis writes its file less often than it was told to insist on", async () => {
  const admin = redis.client();
  const open = (durability: "always" | "everysec") =>
    openRedisStore({ url: redis.url, clock: systemClock, prefix: randomUUID(), durability });
  const [strict, lenient] = [await open("always"), await open("everysec")];
  await until(async () => (await strict.ready()).ok && (await lenient.ready()).ok);
  await admin.config("SET", "appendfsync", "everysec");
  expect(await strict.ready()).toMatchObject({ error: expect.stringContaining("always") });
  expect((await lenient.ready()).ok).toBe(true);
  await admin.config("SET", "appendfsync", "no");
  expect((await lenient.ready()).ok).toBe(false);
  await admin.config("SET", "appendfsync", "always");
  await admin.config("SET", "appendonly", "no");
  expect((await strict.ready()).ok).toBe(false);
  await admin.config("SET", "appendonly", "yes");
  admin.disconnect();
  await Promise.all([strict.close(), lenient.close()]);
});

test("is no readier than the connection that it shares, and leaves it to the one who opened it", async () => {
  const client = redis.client();
  const store = await openRedisStore({ url: redis.url, clock: systemClock, client });
  await until(async () => (await store.ready()).ok);
  client.disconnect();
  expect(await store.ready()).toEqual({ ok: false, error: "redis does not answer" });
  await client.connect();
  expect((await store.ready()).ok).toBe(true);
  await store.close();
  expect(await client.ping()).toBe("PONG");
  client.disconnect();
});
