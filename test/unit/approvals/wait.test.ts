import { afterAll, beforeAll, expect, test } from "vitest";
import { openEmbeddedStore } from "../../../src/approvals/embedded.ts";
import type { ApprovalStore } from "../../../src/approvals/store.ts";
import { type Waited, waitFor } from "../../../src/approvals/wait.ts";
import { WaitingRoom } from "../../../src/approvals/waiting-room.ts";
import type { ApprovalId } from "../../../src/core/ids.ts";
import { handedOver } from "../../../src/core/outcome.ts";
import {
  anAsk,
  approve,
  deny,
  ManualClock,
  minute,
  record,
} from "../../contract/approvals/scene.ts";
import { type Folder, temporaryFolder } from "../../support/folder.ts";

const clock = new ManualClock();
let folder: Folder;
let store: ApprovalStore;
beforeAll(async () => {
  folder = await temporaryFolder();
  store = await openEmbeddedStore({ dir: folder.path, clock });
});
afterAll(async () => {
  await store.close();
  await folder.remove();
});

const turn = () => new Promise((resolve) => setImmediate(resolve));

async function asked(): Promise<ApprovalId> {
  const ask = anAsk({ within: 60 * minute });
  await store.open(ask, record());
  return ask.id;
}

/** One wait in that room, and what came of it so far. */
function waits(room: WaitingRoom, id: ApprovalId, hold = minute) {
  const leave = new AbortController();
  const seen: { waited?: Waited } = {};
  const done = waitFor({ store, room, clock }, id, hold, leave.signal).then((waited) => {
    seen.waited = waited;
  });
  return { seen, done, leave: (reason?: unknown) => leave.abort(reason) };
}

test("many whose wait is over at once go on a few in each turn, whatever ended it", async () => {
  const room = new WaitingRoom();
  const ids = await Promise.all(Array.from({ length: 90 }, asked));
  const held = ids.slice(0, 30).map((id) => waits(room, id, minute / 2));
  const left = ids.slice(30, 60).map((id) => waits(room, id));
  const told = ids.slice(60).map((id) => waits(room, id));
  const all = [...held, ...left, ...told];
  await turn();
  clock.advance(minute / 2);
  for (const { leave } of left) leave();
  for (const id of ids.slice(60)) room.wake(id, "approved");
  const over = () => all.filter(({ seen }) => seen.waited !== undefined).length;
  const steps: number[] = [];
  for (let before = over(); before < all.length; before = over()) {
    await turn();
    steps.push(over() - before);
  }
  expect(Math.max(...steps)).toBeLessThanOrEqual(20);
  const kinds = (some: typeof all) => new Set(some.map(({ seen }) => seen.waited?.kind));
  expect([kinds(held), kinds(left), kinds(told)]).toEqual([
    new Set(["held"]),
    new Set(["left"]),
    new Set(["approved"]),
  ]);
  expect(room.ids).toEqual([]);
  expect(clock.timers).toBe(0);
});

test.each([undefined, handedOver])(
  "who leaves between the word and the turn has left",
  async (why) => {
    const room = new WaitingRoom();
    const id = await asked();
    const wait = waits(room, id);
    await store.apply(id, approve("ann"));
    room.wake(id, "approved");
    wait.leave(why);
    await wait.done;
    expect(wait.seen.waited).toEqual({ kind: "left" });
  },
);

test("all who wait for one approval are told, and one that left is not", async () => {
  const room = new WaitingRoom();
  const id = await asked();
  const [first, gone, last] = [waits(room, id), waits(room, id), waits(room, id)];
  await turn();
  gone.leave();
  await gone.done;
  await store.apply(id, deny("ann"));
  room.wake(id, "denied");
  await Promise.all([first.done, last.done]);
  for (const { seen } of [first, last])
    expect(seen.waited).toMatchObject({ kind: "settled", standing: { state: "denied" } });
  expect(gone.seen.waited).toEqual({ kind: "left" });
  expect(room.ids).toEqual([]);
});

test("what was decided before anybody waited is seen without a word", async () => {
  const room = new WaitingRoom();
  const id = await asked();
  await store.apply(id, deny("ann"));
  const wait = waits(room, id);
  await wait.done;
  expect(wait.seen.waited).toMatchObject({ kind: "settled" });
  const unknown = waits(room, anAsk().id);
  await unknown.done;
  expect(unknown.seen.waited).toEqual({ kind: "lost" });
});
