import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../../src/base/clock.ts";
import type { Act } from "../../../src/core/record.ts";
import { Custody } from "../../../src/recording/custody.ts";
import type { Piece } from "../../../src/recording/entry.ts";
import { exportSession } from "../../../src/recording/export/index.ts";
import { keyFolder, sessionFolder } from "../../../src/recording/layout.ts";
import { SessionReader } from "../../../src/recording/read.ts";
import { readSummaries } from "../../../src/recording/session-index.ts";
import { tell } from "../../../src/recording/story.ts";
import { temporaryFolder } from "../../support/folder.ts";
import {
  anOpening,
  happenings,
  openRecordingsIn,
  type RecordingsOptions,
  recordingKeys,
} from "../../support/recordings.ts";
import { type Place, places } from "../../support/shelves.ts";

type Opened = Awaited<ReturnType<typeof openRecordingsIn>>;

/** Taps work on what they took in the next turn of the event loop. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function record({ recorder }: Opened, session: string, answer: string): Promise<void> {
  const opening = anOpening(session);
  const opened = recorder.open(opening);
  if (!opened.ok || opened.value === undefined) throw new Error("not recorded");
  for (const one of happenings(opening.at, "asked", answer)) opened.value.take(one);
  await turn();
}

async function textOf(pieces: AsyncGenerator<Piece>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const { bytes } of pieces) parts.push(bytes);
  return Buffer.concat(parts).toString("utf8");
}

describe.each(places)("recordings in %s", (_, start) => {
  let place: Place;
  beforeEach(async () => {
    place = await start();
  });
  afterEach(() => place.remove());
  const openHere = (options: RecordingsOptions = {}) => openRecordingsIn(place.shelf(), options);

  test("are listed, read, told and exported, twice as the same bytes; stock tools check them", async () => {
    const opened = await openHere();
    const long = "the quick brown fox ".repeat(20_000);
    await record(opened, "ses_one", '{"number":1}');
    await record(opened, "ses_one", long);
    await opened.store.close();
    const [summary] = (await readSummaries(place.shelf().index)).all();
    expect(summary).toMatchObject({ session: "ses_one", state: "closed", exchanges: 2 });

    const reader = new SessionReader(place.shelf(), recordingKeys);
    expect(await reader.sessions()).toEqual(["ses_one"]);
    const recorded = await reader.session("ses_one");
    if (!recorded.ok) throw new Error(recorded.error);
    expect(recorded.value.open).toEqual([]);
    const [first, second] = recorded.value.exchanges;
    if (first === undefined || second === undefined) throw new Error("two were recorded");
    expect(await textOf(reader.pieces(first, "response"))).toBe('{"number":1}');
    expect(await textOf(reader.pieces(second, "response"))).toBe(long);
    const story = await tell(reader, first, () => undefined);
    expect(story.request.bytes.toString()).toBe("asked");
    const exported = async (): Promise<string> => {
      const parts: string[] = [];
      const session = { session: "ses_one", recorded: recorded.value, reader };
      const more = { listen: () => undefined, version: "1" };
      for await (const part of exportSession("jsonl", { ...session, ...more })) parts.push(part);
      return parts.join("");
    };
    expect(await exported()).toBe(await exported());
    const copy = await copied();
    execFileSync("sha256sum", ["--strict", "-c", "SHA256SUMS"], {
      cwd: join(copy.path, sessionFolder("ses_one")),
    });
    await copy.remove();
  });

  test("are gone with their keys once they are erased, and a tombstone stays", async () => {
    const opened = await openHere();
    await record(opened, "ses_gone", "answered");
    await opened.store.finish("ses_gone");
    const reader = new SessionReader(place.shelf(), recordingKeys);
    expect((await reader.session("ses_gone")).ok).toBe(true);
    const acts: Act[] = [];
    const act = async (one: Act) => void acts.push(one);
    const retention = { default: 1000 };
    const parts = {
      store: opened.store,
      clock: systemClock,
      act,
      retention,
      fault: () => undefined,
    };
    expect(await new Custody(parts).erase("ses_gone", "people:ada", "asked to")).toMatchObject({
      ok: true,
    });
    expect(acts).toMatchObject([{ action: "recording.erase", subject: "ses_gone" }]);
    const shelf = place.shelf();
    expect(await shelf.names(keyFolder("ses_gone"))).toEqual([]);
    expect(await shelf.names(sessionFolder("ses_gone"))).toEqual([]);
    // Also by a reader that has the key in mind.
    expect(await reader.session("ses_gone")).toMatchObject({ ok: false });
    expect([...(await readSummaries(shelf.index)).all()].map(({ state }) => state)).toEqual([
      "erased",
    ]);
    expect((await shelf.index.read()).toString()).not.toContain("issue.create");
    await opened.store.close();
  });

  test("are found again by who opens the place anew, however often the index was written", async () => {
    const opened = await openHere();
    for (let index = 0; index < 60; index++) {
      await record(opened, `ses_${index % 6}`, "answered");
      await opened.store.flush();
    }
    const summaries = [...(await readSummaries(place.shelf().index)).all()];
    expect(summaries.map(({ session }) => session).sort()).toEqual(
      Array.from({ length: 6 }, (_, index) => `ses_${index}`),
    );
    expect((await place.shelf().names("index")).length).toBeLessThanOrEqual(33);
    await opened.store.close();
    const again = await openHere();
    expect([...again.store.index.all()].every(({ state }) => state === "closed")).toBe(true);
    await again.store.close();
  }, 30_000);

  /** The place as a folder, as any S3 tool would download a bucket. */
  async function copied() {
    const copy = await temporaryFolder();
    if (place.s3 === undefined) {
      const from = (place.name as { readonly dir: string }).dir;
      execFileSync("cp", ["-r", `${from}/.`, copy.path]);
      return copy;
    }
    for (const [key, body] of place.s3.objects) {
      const path = join(copy.path, key.replace("recordings/one/", ""));
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, body);
    }
    return copy;
  }
});

test("recordings wait while a bucket cannot be had, within the spool; beyond it a gap is marked, or the exchange refused", async () => {
  const place = await (places[1] ?? [])[1]?.();
  const s3 = place?.s3;
  if (place === undefined || s3 === undefined) throw new Error("no bucket");
  const opened = await openRecordingsIn(place.shelf(), { spool: 2000 });
  await record(opened, "ses_down", "before");
  await opened.store.flush();
  s3.mood = "down";
  await record(opened, "ses_down", "within the spool");
  await expect(opened.store.flush()).rejects.toThrow();
  const opening = anOpening("ses_down");
  const tap = opened.recorder.open(opening);
  if (!tap.ok || tap.value === undefined) throw new Error("not recorded");
  const all = happenings(opening.at, "asked", "x".repeat(2000));
  for (const one of all.slice(0, 5)) tap.value.take(one);
  await turn();
  const [lost] = happenings(opening.at, "", "y".repeat(900)).slice(4, 5);
  for (const one of [...(lost === undefined ? [] : [lost]), ...all.slice(5)]) tap.value.take(one);
  await turn();
  const refusing = await openRecordingsIn((await places[0]?.[1]())?.shelf() ?? "", {
    spool: 0,
    whenFull: "refuse",
  });
  expect(refusing.recorder.open(anOpening("ses_refused")).ok).toBe(false);
  await refusing.store.close();
  s3.mood = "up";
  await opened.store.close();
  const reader = new SessionReader(place.shelf(), recordingKeys);
  const recorded = await reader.session("ses_down");
  if (!recorded.ok) throw new Error(recorded.error);
  const texts: string[] = [];
  for (const exchange of recorded.value.exchanges)
    texts.push(await textOf(reader.pieces(exchange, "response")));
  expect(texts.slice(0, 2)).toEqual(["before", "within the spool"]);
  expect(opened.recorder.counts.lost).toBeGreaterThan(0);
  const gaps = recorded.value.exchanges.flatMap(({ entries }) =>
    entries.filter(({ k }) => k === "gap"),
  );
  expect(gaps).toMatchObject([{ dir: "response", bytes: 900 }]);
  await place.remove();
});
