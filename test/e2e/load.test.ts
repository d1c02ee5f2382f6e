import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:http2";
import { afterEach, expect, test } from "vitest";
import { newApprovalId } from "../../src/core/ids.ts";
import { proceed, type Settled } from "../../src/core/outcome.ts";
import { askAdmin } from "../../src/envoy/admin-client.ts";
import { type BareStack, startBareStack } from "../support/bare-stack.ts";
import { H2Client, run } from "../support/clients.ts";

/** Many at once, on a real Envoy. */
let stack: BareStack | undefined;
afterEach(async () => {
  await stack?.stop();
  stack = undefined;
});

test("1,500 requests parked at once, all approved, all answered", async () => {
  const waiting: ((settled: Settled) => void)[] = [];
  stack = await startBareStack({
    enforce: () => ({
      kind: "park",
      parking: {
        approval: newApprovalId(),
        hold: 600_000,
        settle: () => new Promise<Settled>((resolve) => waiting.push(resolve)),
      },
    }),
  });
  const session = connect(stack.proxy, { ca: readFileSync(stack.ca) });
  const second = connect(stack.proxy, { ca: readFileSync(stack.ca) });
  const statuses: Promise<number>[] = [];
  for (let count = 0; count < 1500; count += 1) {
    const stream = (count % 2 === 0 ? session : second).request({
      ":path": "/api/v3/user",
      ":method": "GET",
    });
    stream.resume();
    statuses.push(once(stream, "response").then(([headers]) => Number(headers[":status"])));
  }
  await expect.poll(() => waiting.length, { timeout: 30_000 }).toBe(1500);
  expect(stack.upstream.bytesReceived()).toBe(0);
  for (const resolve of waiting) resolve(proceed);
  expect(new Set(await Promise.all(statuses))).toEqual(new Set([200]));
  expect(stack.upstream.log).toHaveLength(1500);
  session.destroy();
  second.destroy();
}, 60_000);

test.each([
  { gracefulClose: true, raiseResetBudget: false },
  { gracefulClose: false, raiseResetBudget: true },
])(
  "more resets than Node allows, with one guard off: %o",
  async (guards) => {
    stack = await startBareStack(guards);
    const { stdout } = await run(
      "h2load",
      ["-n", "2500", "-c", "2", "-m", "16", "-t", "1", `${stack.proxy}/api/v3/user`],
      { cwd: "/" },
    );
    expect(stdout).toContain("2500 succeeded, 0 failed, 0 errored");
    expect(stdout).toContain("2500 2xx");
    const filter = encodeURIComponent("ext_proc.streams_failed$");
    const { body } = await askAdmin(stack.envoy.admin, "GET", `/stats?filter=${filter}`);
    expect(body).toContain("http.proxy.ext_proc.streams_failed: 0");
  },
  60_000,
);

test("over TCP as well as over a Unix socket", async () => {
  stack = await startBareStack({ extproc: "127.0.0.1:0" });
  const h2 = await H2Client.connect(stack);
  expect((await h2.ask("/api/v3/user")).status).toBe(200);
  h2.close();
});
