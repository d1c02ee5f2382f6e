import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openEmbeddedStore } from "../../../src/approvals/embedded.ts";
import { openRedisStore } from "../../../src/approvals/redis.ts";
import type { ApprovalStore } from "../../../src/approvals/store.ts";
import { systemClock } from "../../../src/base/clock.ts";
import type { ApprovalId } from "../../../src/core/ids.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { startRedis, type TestRedis } from "../../support/redis.ts";

const rounds = Number(process.env["KILL_ROUNDS"] ?? 4);
const timeout = 60_000 + rounds * 15_000;
const worker = join(import.meta.dirname, "kill-worker.ts");
const clock = systemClock;

/** Starts a worker on these requests and kills it, the store, or both, at some moment; or lets it finish. */
async function round(
  dir: string,
  redis: TestRedis | undefined,
  numbers: readonly number[],
  kill: boolean,
): Promise<number | null> {
  const args = [worker, dir, redis?.url ?? "", ...numbers.map(String)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const gone = once(child, "exit") as Promise<[number | null]>;
  await Promise.race([once(child.stdout, "data"), gone]);
  if (!kill) return (await gone)[0];
  await new Promise((done) => setTimeout(done, Math.random() * 40));
  const dice = Math.random();
  if (redis !== undefined && dice < 0.6) {
    await redis.crash();
    if (dice < 0.3) child.kill("SIGKILL");
    await redis.restart();
    await new Promise((done) => setTimeout(done, Math.random() * 40));
  }
  child.kill("SIGKILL");
  return (await gone)[0];
}

async function linesOf(dir: string, name: string): Promise<readonly (readonly string[])[]> {
  const text = await readFile(join(dir, name), "utf8").catch(() => "");
  return text.split("\n").flatMap((line) => (line === "" ? [] : [line.split(" ")]));
}

async function trial(
  redis: TestRedis | undefined,
  openStore: (dir: string) => Promise<ApprovalStore>,
) {
  const folder = await temporaryFolder();
  let open: number[] = [];
  let next = 1;
  for (let i = 0; i <= rounds; i++) {
    if (i < rounds) for (let n = 0; n < 4; n++) open.push(next++);
    const status = await round(folder.path, redis, open, i < rounds);
    if (i === rounds) expect(status).toBe(0);
    // A client that got its answer does not ask again.
    const through = new Set(
      (await linesOf(folder.path, "upstream")).map(([number]) => Number(number)),
    );
    open = open.filter((number) => !through.has(number));
  }
  const upstream = await linesOf(folder.path, "upstream");
  const decisions = new Set(
    (await linesOf(folder.path, "decisions")).map((line) => line.join(" ")),
  );
  const store = await openStore(folder.path);
  const states = await Promise.all(upstream.map(([, id]) => store.get(id as ApprovalId)));
  const used = await store.list({ state: "consumed", limit: 100_000 });
  await store.close();
  await folder.remove();
  const numbers = upstream.map(([number]) => Number(number));
  const ids = upstream.map(([, id]) => id);
  expect(new Set(numbers).size, "each request reached the upstream once").toBe(numbers.length);
  expect(new Set(ids).size, "each approval let one request through").toBe(ids.length);
  expect(
    numbers.filter((number) => number % 7 === 0),
    "no denied request went through",
  ).toEqual([]);
  expect(
    ids.every((id) => decisions.has(`approve ${id}`)),
    "none went unapproved",
  ).toBe(true);
  expect(states.every((approval) => approval?.standing.state === "consumed")).toBe(true);
  const wanted = Array.from({ length: next - 1 }, (_, i) => i + 1).filter((n) => n % 7 !== 0);
  expect(
    numbers.toSorted((a, b) => a - b),
    "every approved request got there",
  ).toEqual(wanted);
  console.log(
    `${rounds} kills, ${numbers.length} requests through, ${used.length - numbers.length} approvals used by a process that died before it sent`,
  );
}

describe("killed at any moment, nothing goes through twice, unapproved, or not at all", () => {
  test("on disk", { timeout }, () =>
    trial(undefined, (dir) => openEmbeddedStore({ dir: join(dir, "state"), clock })),
  );

  test("in Redis, which is killed, too", { timeout }, async () => {
    const redis = await startRedis();
    try {
      await trial(redis, async () => {
        const store = await openRedisStore({ url: redis.url, clock });
        while (!(await store.ready()).ok) await new Promise((done) => setTimeout(done, 5));
        return store;
      });
    } finally {
      await redis.stop();
    }
  });
});
