import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { H2Client } from "../support/clients.ts";
import { type Stack, startStack } from "../support/stack.ts";

const policy = `rules:
  - id: writing-needs-a-person
    when: { operation: contents.write }
    then: [ { approve: { by: "group:maintainers", within: 15m, hold: 5m } }, { inject: {} } ]
  - id: reading
    when: { access: read }
    then: [ { inject: {} } ]
otherwise: [ { deny: {} } ]
`;

const path = "/api/v3/repos/acme/app/contents/a.txt";
const body = JSON.stringify({ message: "m", branch: "main", content: "aGVsbG8=" });
const writes = (stack: Stack) => stack.upstream.log.filter(({ method }) => method === "PUT");

let stack: Stack;
afterEach(() => stack?.stop());

/** Two requests, over HTTP/1.1 and HTTP/2, that wait for a person; gives what becomes of each: a status, or "cut". */
async function park(): Promise<readonly Promise<number | "cut">[]> {
  const { token } = await stack.access();
  const h2 = await H2Client.connect(stack);
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const first = stack.ask(path, { method: "PUT", headers, body });
  const second = h2.ask(path.replace("a.txt", "b.txt"), { method: "PUT", headers, body });
  const maintainer = stack.person("alice", ["maintainers"]);
  await expect
    .poll(
      async () => {
        const listed = await maintainer("/api/v1/approvals?state=pending");
        return JSON.parse(listed.text).approvals.length;
      },
      { timeout: 10_000 },
    )
    .toBe(2);
  return [first, second].map((answer) =>
    answer.then(
      ({ status }) => status,
      () => "cut" as const,
    ),
  );
}

test("a processor that is killed releases nothing: parked requests fail, new ones are refused", async () => {
  stack = await startStack({ policy });
  const parked = await park();
  stack.process.kill("SIGKILL");
  for (const outcome of await Promise.all(parked)) expect([403, 503, 504]).toContain(outcome);
  const before = stack.upstream.bytesReceived();
  const late = await stack.ask("/api/v3/user");
  expect([403, 503]).toContain(late.status);
  expect(writes(stack)).toEqual([]);
  expect(stack.upstream.bytesReceived()).toBe(before);
}, 60_000);

test("a processor that hangs holds requests back, and they go on when it does", async () => {
  stack = await startStack({ policy });
  stack.process.kill("SIGSTOP");
  const asked = stack.ask("/api/v3/user");
  await sleep(1_500);
  expect(stack.upstream.bytesReceived()).toBe(0);
  stack.process.kill("SIGCONT");
  expect((await asked).status).toBe(200);
}, 60_000);

test("a gateway that is told to end answers what is open, parked or not, and exits 0", async () => {
  stack = await startStack({ policy });
  const slow = stack.ask("/api/v3/test/slow?n=10&ms=50");
  await expect.poll(() => stack.upstream.log.length).toBe(1);
  const code = stack.terminate();
  const { status, text } = await slow;
  expect([status, text.includes("line 10")]).toEqual([200, true]);
  expect(await code).toBe(0);
}, 60_000);

test("a gateway whose Envoy dies says so, and exits 1", async () => {
  stack = await startStack({ policy });
  for (const pid of stack.envoyPids()) process.kill(pid, "SIGKILL");
  await expect.poll(() => stack.process.exitCode, { timeout: 40_000 }).toBe(1);
  expect(stack.stderr()).toMatch(/Envoy ended by itself/);
}, 60_000);
