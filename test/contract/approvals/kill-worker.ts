import { fsyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createApprovals } from "../../../src/approvals/approvals.ts";
import { openEmbeddedStore } from "../../../src/approvals/embedded.ts";
import { openRedisStore } from "../../../src/approvals/redis.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { Secret } from "../../../src/base/secret.ts";
import { houseOf, someFacts } from "../../unit/approvals/house.ts";

// A gateway in miniature, made to be killed: it parks the requests that it is given, lets an approver decide each at
// some random moment, and sends what goes through to an upstream that is a file. Every line is on disk when written.
const [dir = "", redis = "", ...numbers] = process.argv.slice(2);
const clock = systemClock;
const store = await (redis === ""
  ? openEmbeddedStore({ dir: join(dir, "state"), clock, rewriteAfter: 20_000 })
  : openRedisStore({ url: redis, clock }));
const approvals = createApprovals({
  store,
  clock,
  defaults: { hold: 60_000, expires: 3_600_000 },
  key: new Secret("k".repeat(32)),
});
const house = houseOf(approvals, store);
const log = (name: string) => {
  const file = openSync(join(dir, name), "a");
  return (line: string) => {
    writeSync(file, `${line}\n`);
    fsyncSync(file);
  };
};
const [upstream, decisions] = [log("upstream"), log("decisions")];
const soon = () => new Promise((done) => setTimeout(done, Math.random() * 15));

async function request(number: string): Promise<void> {
  const parking = await house.park(someFacts({ body: number }));
  const settled = parking.settle(new AbortController().signal);
  await soon();
  const verdict = Number(number) % 7 === 0 ? "deny" : "approve";
  decisions(`${verdict} ${parking.approval}`);
  await house.say(parking.approval, verdict);
  if ((await settled).kind === "proceed") upstream(`${number} ${parking.approval}`);
}

process.stdout.write("ready\n");
// Redis may be gone at any moment: the client tries again, as clients do.
async function persist(number: string): Promise<void> {
  for (;;) {
    try {
      return await request(number);
    } catch {
      await soon();
    }
  }
}
await Promise.all(numbers.map(persist));
await store.sweep().catch(() => undefined);
process.exit(0);
