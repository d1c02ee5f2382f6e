import { afterEach, beforeEach, expect, test } from "vitest";
import { openEmbeddedStore } from "../../../../src/approvals/embedded.ts";
import { deliverDue } from "../../../../src/approvals/notify/courier.ts";
import { actSink } from "../../../../src/approvals/notify/record.ts";
import { recordSink } from "../../../../src/approvals/outbox.ts";
import type { ApprovalStore } from "../../../../src/approvals/store.ts";
import type { Act } from "../../../../src/core/record.ts";
import { anAsk, approve, ManualClock, record } from "../../../contract/approvals/scene.ts";
import { type Folder, temporaryFolder } from "../../../support/folder.ts";

let folder: Folder;
let store: ApprovalStore;
const clock = new ManualClock();
const acts: Act[] = [];
let writable = true;

beforeEach(async () => {
  folder = await temporaryFolder();
  store = await openEmbeddedStore({ dir: folder.path, clock, sinks: [recordSink] });
});
afterEach(async () => {
  await store.close();
  await folder.remove();
});

function deliver(): Promise<void> {
  const act = async (one: Act) => {
    if (!writable) throw new Error("the disk is full");
    acts.push(one);
  };
  const sinks = [actSink({ act })];
  return deliverDue({ store, clock, sinks, random: () => 0.5, onProblem: () => undefined });
}

test("what comes of an approval without a word is written down once, and not before it can be", async () => {
  const [late, left, given] = [anAsk(), anAsk(), anAsk()];
  const by = record();
  for (const ask of [late, left, given]) await store.open(ask, by);
  await store.apply(left.id, { kind: "cancel", by });
  await store.apply(given.id, approve("ann"));
  writable = false;
  await deliver();
  expect(acts).toEqual([]);
  writable = true;
  clock.advance(6000);
  await deliver();
  expect(acts).toEqual([
    {
      action: "approval.cancel",
      actor: left.requester.id,
      subject: left.id,
      outcome: "success",
      detail: "cancelled",
    },
  ]);
  clock.advance(24 * 3600_000);
  await store.sweep();
  await deliver();
  await deliver();
  expect(acts.slice(1).map(({ action, subject, detail }) => [action, subject, detail])).toEqual([
    ["approval.expire", late.id, "expired"],
    ["approval.expire", given.id, "expired; people had approved"],
  ]);
});
