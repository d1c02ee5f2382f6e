import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { type Stack, startStack } from "../support/stack.ts";

const policy = `rules:
  - id: reading
    when: { access: read }
    then: [ { inject: {} } ]
otherwise: [ { deny: {} } ]
`;

/** What happens to the whole gateway when one of its two processes stops. */
let stack: Stack;
afterEach(() => stack?.stop());

test("a processor that hangs holds requests back, and they go on when it does", async () => {
  stack = await startStack({ policy });
  stack.process.kill("SIGSTOP");
  const asked = stack.ask("/api/v3/user");
  await sleep(1_500);
  expect(stack.upstream.bytesReceived()).toBe(0);
  stack.process.kill("SIGCONT");
  expect((await asked).status).toBe(200);
}, 120_000);

test("a gateway that is told to end lets open answers finish, and exits 0", async () => {
  stack = await startStack({ policy });
  const slow = stack.ask("/api/v3/test/slow?n=10&ms=50");
  await expect.poll(() => stack.upstream.log.length).toBe(1);
  const code = stack.terminate();
  const { status, text } = await slow;
  expect([status, text.includes("line 10")]).toEqual([200, true]);
  expect(await code).toBe(0);
}, 120_000);

test("a gateway whose Envoy dies says so, and exits 1", async () => {
  stack = await startStack({ policy });
  for (const pid of stack.envoyPids()) process.kill(pid, "SIGKILL");
  await expect.poll(() => stack.process.exitCode, { timeout: 40_000 }).toBe(1);
  expect(stack.stderr()).toMatch(/Envoy ended by itself/);
}, 120_000);
