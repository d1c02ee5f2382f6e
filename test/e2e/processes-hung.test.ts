import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Several, startSeveral } from "../support/several.ts";

/** Two processes of which one stands still, over the transport that the command line asks for. */
let several: Several;
beforeAll(async () => {
  several = await startSeveral({
    policy: "rules: []\notherwise: [ { inject: {} } ]\n",
    args: ["--transport", "http2"],
  });
}, 120_000);
afterAll(() => several?.stop());

const timeout = 240_000;

/** How many settings the processor behind that socket begins an HTTP/2 connection with; grpc-js has none. */
async function settings(socket: string): Promise<number> {
  const connection = connect(join(several.stack.folder.path, socket));
  const [first] = (await once(connection, "data")) as [Buffer];
  connection.destroy();
  return first.readUIntBE(0, 3) / 6;
}

test("each speaks what the command line says", { timeout }, async () => {
  await several.both();
  for (const socket of ["x.sock", "x-1.sock"]) expect(await settings(socket)).toBeGreaterThan(0);
});

test("one that hangs is passed by at once, and is killed and started again after half a minute", {
  timeout,
}, async () => {
  const { stack, get, metric, pidOf, both } = several;
  const hung = pidOf(1);
  process.kill(hung, "SIGSTOP");
  await expect.poll(() => metric("sallyport_process_up", 1), { timeout: 30_000 }).toBe(0);
  const served = async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => get("/api/v3/user")));
    return answers.every(({ status }) => status === 200);
  };
  await expect.poll(served, { timeout: 30_000 }).toBe(true);
  expect(pidOf(1)).toBe(hung);
  const starts = () => metric("sallyport_process_starts_total", 1);
  await expect.poll(starts, { timeout: 120_000 }).toBe(2);
  await both();
  expect(pidOf(1)).not.toBe(hung);
  expect(stack.stderr()).toMatch(/it hung, and was killed/);
});
