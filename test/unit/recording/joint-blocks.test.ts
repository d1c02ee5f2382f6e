import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { Happening } from "../../../src/core/recording.ts";
import type { Piece } from "../../../src/recording/entry.ts";
import { sessionFolder } from "../../../src/recording/layout.ts";
import { SessionReader, scan } from "../../../src/recording/read.ts";
import { folderShelf } from "../../../src/recording/shelf-file.ts";
import { type Folder, temporaryFolder } from "../../support/folder.ts";
import {
  anOpening,
  happenings,
  openRecordingsIn,
  recordingKeys,
} from "../../support/recordings.ts";

const folders: Folder[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await folder.remove();
});

const turn = () => new Promise((resolve) => setImmediate(resolve));

async function textOf(pieces: AsyncGenerator<Piece>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const { bytes } of pieces) parts.push(bytes);
  return Buffer.concat(parts).toString("utf8");
}

function inPieces(happening: Happening): readonly Happening[] {
  if (happening.kind !== "responseBody" && happening.kind !== "requestBody") return [happening];
  const { chunk } = happening;
  const count = Math.ceil(chunk.length / 1024);
  return Array.from({ length: count }, (_, at) => ({
    ...happening,
    chunk: chunk.subarray(at * 1024, (at + 1) * 1024),
  }));
}

/** The kinds of blocks in the one part of a session. */
async function kindsIn(dir: string, session: string): Promise<readonly string[]> {
  const folder = sessionFolder(session);
  const part = readdirSync(join(dir, folder)).find((name) => name.endsWith(".rec"));
  const source = await folderShelf(dir).open(`${folder}/${part}`);
  if (source === undefined) throw new Error("no part");
  const blocks = await scan(source);
  await source.close();
  return blocks.map(({ kind }) => kind);
}

test("exchanges that end together share a block, and each is read back alone", async () => {
  const folder = await temporaryFolder();
  folders.push(folder);
  const { store, recorder } = await openRecordingsIn(folder.path);
  const texts = ["é one\n#7 12", "two\u0000", "x".repeat(50_000), "four", "\n>five<"];
  const openings = texts.map((text) => {
    const opening = anOpening("ses_joint");
    const opened = recorder.open(opening);
    if (!opened.ok || opened.value === undefined) throw new Error("not recorded");
    for (const one of happenings(opening.at, text, `answer to ${text}`)) opened.value.take(one);
    return opening;
  });
  await turn();
  await store.close();

  // What is too long for that has blocks of its own.
  const kinds = await kindsIn(folder.path, "ses_joint");
  expect(kinds.toSorted()).toEqual(["entries", "exchanges", "last", "request", "response"]);
  const reader = new SessionReader(folderShelf(folder.path), recordingKeys);
  const read = await reader.session("ses_joint");
  if (!read.ok) throw new Error(read.error);
  for (const [at, opening] of openings.entries()) {
    const exchange = read.value.exchanges.find(({ opened }) => opened.record === opening.record);
    if (exchange === undefined) throw new Error("one is missing");
    expect(exchange.entries).toHaveLength(6);
    expect(await textOf(reader.pieces(exchange, "request"))).toBe(texts[at]);
    expect(await textOf(reader.pieces(exchange, "response"))).toBe(`answer to ${texts[at]}`);
  }
});

test("exchanges are sealed as they end, whatever is being written, and each is read back whole", async () => {
  const folder = await temporaryFolder();
  folders.push(folder);
  const { store, recorder } = await openRecordingsIn(folder.path);
  const lengths = [10, 9_000, 70_000, 400, 33_000, 12_000, 150_000, 0];
  const exchanges = Array.from({ length: 80 }, (_, at) => {
    const opening = anOpening("ses_whole");
    const opened = recorder.open(opening);
    if (!opened.ok || opened.value === undefined) throw new Error("not recorded");
    const lines = Array.from({ length: 9_000 }, (_, line) => `${at}: line ${line}\n`).join("");
    const answer = lines.slice(0, lengths[at % lengths.length]);
    return { opening, answer, tap: opened.value, left: happenings(opening.at, "asked", answer) };
  });
  // All of them side by side, in pieces of a kilobyte, while what there is already is written.
  const flushes: Promise<void>[] = [];
  const open = exchanges.map(({ tap, left }) => ({ tap, queue: left.flatMap(inPieces) }));
  for (let step = 0; open.some(({ queue }) => queue.length > 0); step++) {
    for (const { tap, queue } of open)
      for (const one of queue.splice(0, 7)) tap.take({ ...one, at: one.at + step });
    if (step % 3 === 0) flushes.push(store.flush());
    await turn();
  }
  await Promise.all(flushes);
  await store.close();

  const reader = new SessionReader(folderShelf(folder.path), recordingKeys);
  const read = await reader.session("ses_whole");
  if (!read.ok) throw new Error(read.error);
  expect(read.value.exchanges).toHaveLength(exchanges.length);
  for (const { opening, answer } of exchanges) {
    const exchange = read.value.exchanges.find(({ opened }) => opened.record === opening.record);
    if (exchange === undefined) throw new Error("one is missing");
    expect(exchange.entries.at(-1)).toMatchObject({ k: "end" });
    const kept = await textOf(reader.pieces(exchange, "response"));
    expect([kept.length, kept === answer]).toEqual([answer.length, true]);
  }
  const kinds = await kindsIn(folder.path, "ses_whole");
  expect(kinds.filter((kind) => kind === "exchanges").length).toBeGreaterThan(3);
});

test("a time is looked for in the exchange's own block, whenever the others in it began", async () => {
  const folder = await temporaryFolder();
  folders.push(folder);
  const { store, recorder } = await openRecordingsIn(folder.path);
  const [slow, fresh] = [anOpening("ses_times"), anOpening("ses_times")];
  const [first, second] = [recorder.open(slow), recorder.open(fresh)];
  if (!first.ok || !second.ok) throw new Error("not recorded");
  const all = happenings(slow.at, "asked", "");
  const isPiece = ({ kind }: { readonly kind: string }) => kind === "responseBody";
  for (const one of all.slice(0, 4)) first.value?.take(one);
  first.value?.take({ kind: "responseBody", at: slow.at + 100, chunk: Buffer.from("early,") });
  await turn();
  await store.flush();
  first.value?.take({ kind: "responseBody", at: slow.at + 900, chunk: Buffer.from("late") });
  for (const one of all.slice(5))
    if (!isPiece(one)) first.value?.take({ ...one, at: slow.at + 901 });
  for (const one of happenings(fresh.at, "quick", "quick")) second.value?.take(one);
  await turn();
  await store.close();

  expect(await kindsIn(folder.path, "ses_times")).toContain("exchanges");
  const reader = new SessionReader(folderShelf(folder.path), recordingKeys);
  const read = await reader.session("ses_times");
  if (!read.ok) throw new Error(read.error);
  const exchange = read.value.exchanges.find(({ opened }) => opened.record === slow.record);
  if (exchange === undefined) throw new Error("it is missing");
  expect(await textOf(reader.pieces(exchange, "response", 100))).toBe("early,late");
  expect(await textOf(reader.pieces(exchange, "response", 900))).toBe("late");
});

test("a body that comes within a millisecond is read back whole, however many blocks it takes", async () => {
  const folder = await temporaryFolder();
  folders.push(folder);
  const { store, recorder } = await openRecordingsIn(folder.path);
  const opening = anOpening("ses_fast");
  const opened = recorder.open(opening);
  const texts = ["asked\n".repeat(40_000), "answered\n".repeat(40_000)] as const;
  if (!opened.ok) throw new Error("not recorded");
  for (const one of happenings(opening.at, ...texts).flatMap(inPieces))
    opened.value?.take({ ...one, at: opening.at });
  await turn();
  await store.close();

  const reader = new SessionReader(folderShelf(folder.path), recordingKeys);
  const read = await reader.session("ses_fast");
  const [exchange] = read.ok ? read.value.exchanges : [];
  if (exchange === undefined) throw new Error("it is missing");
  expect((await textOf(reader.pieces(exchange, "request"))) === texts[0]).toBe(true);
  expect((await textOf(reader.pieces(exchange, "response"))) === texts[1]).toBe(true);
});
