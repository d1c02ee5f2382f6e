import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type ClientHttp2Session, connect } from "node:http2";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { type ServeStack, startServeStack } from "../support/serve-stack.ts";

/** Many parked on one real processor and a real Redis, behind Envoy: decided one by one, each goes on to the upstream. */
// PARKED=5000 for the figures that the documentation gives.
const parked = Number(process.env["PARKED"] ?? 100);
const policy = `rules:
  - id: new-repositories-wait
    when: { operation: repository.create }
    then: [ { approve: { by: "group:maintainers", hold: 10m, within: 20m } }, { inject: {} } ]
otherwise: [ { deny: { reason: "No." } } ]
`;

let redis: TestRedis;
let stack: ServeStack;
beforeAll(async () => {
  redis = await startRedis();
  const state = { kind: "redis", url: redis.url };
  stack = await startServeStack({ policy, config: { state, approvals: { pending: parked + 1 } } });
}, 180_000);
afterAll(async () => {
  await stack?.stop();
  await redis?.stop();
});

/** Resident memory of the processor, in bytes. */
function resident(): number {
  const status = readFileSync(`/proc/${stack.pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

test(`${parked} parked, and every one that is approved reaches the upstream`, {
  timeout: 120_000 + parked * 100,
}, async () => {
  const { token } = await stack.access({ exp: Math.floor(Date.now() / 1000) + 3000 });
  const ca = readFileSync(stack.ca, "utf8");
  const sessions = Array.from({ length: Math.ceil(parked / 90) }, () =>
    connect(stack.proxy, { ca }),
  );
  const before = resident();
  const statuses = Array.from({ length: parked }, (_, i) => {
    const session = sessions[i % sessions.length];
    if (session === undefined) throw new Error("there is no session");
    return create(session, token ?? "", `p${i}`);
  });
  const alice = stack.person("alice", ["maintainers"]);
  const waiting = new Map<string, string>();
  await expect
    .poll(
      async () => {
        let page: string | undefined = "";
        while (page !== undefined) {
          const { text } = await alice(`/api/v1/approvals?state=pending&limit=200${page}`);
          const read = JSON.parse(text);
          for (const { id, request } of read.approvals)
            waiting.set(JSON.parse(request.body).name, id);
          page =
            read.before === undefined ? undefined : `&before=${encodeURIComponent(read.before)}`;
        }
        return waiting.size;
      },
      { timeout: 60_000 + parked * 50, interval: 1000 },
    )
    .toBe(parked);
  const each = (resident() - before) / parked;
  expect(stack.upstream.log).toHaveLength(0);
  const took: number[] = [];
  for (const [name, id] of waiting) {
    const since = performance.now();
    await alice(`/api/v1/approvals/${id}/approve`, { reason: "" });
    while (!stack.upstream.log.some(({ body }) => body.includes(`"${name}"`))) await pause(1);
    took.push(performance.now() - since);
  }
  expect(new Set(await Promise.all(statuses))).toEqual(new Set([201]));
  expect(stack.upstream.log).toHaveLength(parked);
  took.sort((a, b) => a - b);
  const at = (share: number) => (took[Math.floor(took.length * share)] ?? 0).toFixed(0);
  console.log(
    `${parked} parked, ${(each / 1024).toFixed(1)} KiB resident each; decision to upstream: ` +
      `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms`,
  );
  for (const session of sessions) session.destroy();
});

async function create(session: ClientHttp2Session, token: string, name: string): Promise<number> {
  const stream = session.request({
    ":path": "/api/v3/user/repos",
    ":method": "POST",
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
  });
  stream.resume();
  stream.end(JSON.stringify({ name }));
  const [headers] = await once(stream, "response");
  return Number(headers[":status"]);
}
