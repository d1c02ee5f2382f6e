import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterEach, expect, test } from "vitest";
import { openRedisStore } from "../../../src/approvals/redis.ts";
import type { ApprovalStore } from "../../../src/approvals/store.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { type Folder, temporaryFolder } from "../../support/folder.ts";
import { freePort } from "../../support/ports.ts";
import { anAsk, approve, record, stateOf } from "./scene.ts";

const children: ChildProcess[] = [];
const folders: Folder[] = [];
const clients: Redis[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }
  for (const folder of folders.splice(0)) await folder.remove();
});

async function start(
  ...args: readonly string[]
): Promise<{ port: number; child: ChildProcess; client: Redis }> {
  const port = await freePort();
  const folder = await temporaryFolder();
  folders.push(folder);
  const common = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder.path, "--save", ""];
  const child = spawn("redis-server", [...args, ...common], { stdio: "ignore" });
  children.push(child);
  return { port, child, client: await connected(port) };
}

async function connected(port: number): Promise<Redis> {
  const client = new Redis(port, "127.0.0.1", {
    maxRetriesPerRequest: null,
    retryStrategy: () => 20,
  });
  client.on("error", () => undefined);
  clients.push(client);
  await client.ping();
  return client;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds().catch(() => false))) await new Promise((done) => setTimeout(done, 20));
}

async function worksWith(store: ApprovalStore): Promise<void> {
  await until(async () => (await store.ready()).ok);
  const heard = new Promise<void>((resolve) => {
    store.watch(({ state }) => state === "consumed" && resolve());
  });
  const [one, two] = [anAsk(), anAsk()];
  await store.open(one, record());
  await store.open(two, record());
  await store.apply(one.id, approve("ann"));
  await store.apply(two.id, approve("ann"));
  expect(await store.consume([one.id, two.id], record())).toMatchObject({ ok: true });
  expect(await store.list({})).toHaveLength(2);
  expect(await store.outbox.claim(10, 1000)).toHaveLength(6);
  await store.sweep();
  await heard;
}

test("approvals work in a cluster", async () => {
  // The bus' port of its own choice, ours and ten thousand, may be no port at all.
  const node = await start(
    "--cluster-enabled",
    "yes",
    "--cluster-announce-ip",
    "127.0.0.1",
    "--cluster-port",
    `${await freePort()}`,
  );
  await node.client.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
  await until(async () => `${await node.client.cluster("INFO")}`.includes("cluster_state:ok"));
  const store = await openRedisStore({
    url: `redis+cluster://127.0.0.1:${node.port}`,
    clock: systemClock,
    sinks: ["hook"],
  });
  await worksWith(store);
  await store.close();
});

test("approvals follow the master that sentinels name, through a failover, and a use is not forgotten", async () => {
  const master = await start();
  const replica = await start("--replicaof", "127.0.0.1", `${master.port}`);
  await until(async () => `${await master.client.info("replication")}`.includes("state=online"));
  const port = await freePort();
  const folder = await temporaryFolder();
  folders.push(folder);
  const config = join(folder.path, "sentinel.conf");
  await writeFile(
    config,
    [
      `port ${port}`,
      "bind 127.0.0.1",
      `dir ${folder.path}`,
      `sentinel monitor house 127.0.0.1 ${master.port} 1`,
      "sentinel down-after-milliseconds house 300",
      "sentinel failover-timeout house 3000",
    ].join("\n"),
  );
  children.push(spawn("redis-server", [config, "--sentinel"], { stdio: "ignore" }));
  const sentinel = await connected(port);
  await until(async () =>
    JSON.stringify(await sentinel.call("SENTINEL", "REPLICAS", "house")).includes(
      `${replica.port}`,
    ),
  );
  const store = await openRedisStore({
    url: `redis+sentinel://127.0.0.1:${port}/house`,
    clock: systemClock,
    replicas: 1,
    sinks: ["hook"],
  });
  await worksWith(store);
  const ask = anAsk();
  await store.open(ask, record());
  await store.apply(ask.id, approve("ann"));
  await store.consume([ask.id], record());
  const gone = once(master.child, "exit");
  master.child.kill("SIGKILL");
  await gone;
  await until(async () => `${await replica.client.info("replication")}`.includes("role:master"));
  await until(async () => (await store.ready()).ok);
  await until(async () => stateOf(await store.get(ask.id)) === "consumed");
  expect(await store.apply(ask.id, approve("bob"))).toMatchObject({ error: "not_pending" });
  await store.close();
}, 60_000);
