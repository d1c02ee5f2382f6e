import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Act } from "../../../src/core/record.ts";
import { Custody } from "../../../src/recording/custody.ts";
import { keyFolder, sessionFolder } from "../../../src/recording/layout.ts";
import { SessionReader } from "../../../src/recording/read.ts";
import { folderShelf } from "../../../src/recording/shelf-file.ts";
import { type Folder, temporaryFolder } from "../../support/folder.ts";
import {
  anOpening,
  happenings,
  openRecordingsIn,
  recordingKeys,
} from "../../support/recordings.ts";

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

test("a hold keeps a session until two people lift it; erasure destroys its keys and leaves a tombstone", async () => {
  const { store, recorder } = await openRecordingsIn(folder.path);
  const opening = anOpening("ses_kept");
  const opened = recorder.open(opening);
  if (!opened.ok || opened.value === undefined) throw new Error("not recorded");
  for (const one of happenings(opening.at, "asked", "answered")) opened.value.take(one);
  await new Promise((resolve) => setImmediate(resolve));
  await store.finish("ses_kept");

  const acts: Act[] = [];
  let now = Date.now();
  const clock = { now: () => now, after: () => () => undefined };
  const custody = new Custody({
    store,
    clock,
    act: async (act) => void acts.push(act),
    retention: { default: 1000 },
    fault: () => undefined,
  });
  now += 1_000_000;
  expect(await custody.hold("ses_kept", "people:ada", "a lawsuit")).toMatchObject({ ok: true });
  expect(await custody.sweep()).toBe(0);
  expect(await custody.erase("ses_kept", "people:eve", "tidy")).toMatchObject({ ok: false });
  expect(await custody.lift("ses_kept", "people:ada", "over")).toMatchObject({ value: "asked" });
  expect(await custody.lift("ses_kept", "people:ada", "over")).toMatchObject({ value: "asked" });
  expect(await custody.lift("ses_kept", "people:bob", "over")).toMatchObject({ value: "lifted" });
  expect(await custody.sweep()).toBe(1);
  expect(acts.map(({ action }) => action)).toEqual([
    "recording.hold",
    "recording.lift-asked",
    "recording.lift-asked",
    "recording.lift",
    "recording.erase",
  ]);
  expect(existsSync(join(folder.path, keyFolder("ses_kept")))).toBe(false);
  expect(existsSync(join(folder.path, sessionFolder("ses_kept")))).toBe(false);
  expect(store.index.get("ses_kept")).toMatchObject({
    state: "erased",
    principal: "",
    exchanges: 0,
  });
  expect(
    await new SessionReader(folderShelf(folder.path), recordingKeys).session("ses_kept"),
  ).toMatchObject({
    ok: false,
  });
  await store.close();
});
