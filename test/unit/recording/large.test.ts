import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { find } from "../../../src/recording/find.ts";
import { SessionReader } from "../../../src/recording/read.ts";
import { readSummaries } from "../../../src/recording/session-index.ts";
import { folderShelf } from "../../../src/recording/shelf-file.ts";
import { type Folder, temporaryFolder } from "../../support/folder.ts";
import {
  anOpening,
  happenings,
  openRecordingsIn,
  recordingKeys,
} from "../../support/recordings.ts";

// The full figures are a gibibyte and a hundred thousand: SESSION_MIB=1024 SESSIONS=100000.
const mebibytes = Number(process.env["SESSION_MIB"] ?? 16);
const sessions = Number(process.env["SESSIONS"] ?? 5000);

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

function told(what: string, since: number): void {
  const memory = Math.round(process.memoryUsage().rss / 1_048_576);
  if (process.env["SHOW"] !== undefined)
    console.log(`${what}: ${Math.round(performance.now() - since)} ms, ${memory} MiB resident`);
}

test("a large session opens without its bodies, and gives any part of them", async () => {
  const { store, recorder } = await openRecordingsIn(folder.path);
  const line = `${"the quick brown fox jumps over the lazy dog ".repeat(23)}\n`;
  const chunk = Buffer.from(line.repeat(1024));
  const begun = performance.now();
  for (let written = 0; written < mebibytes; written += 16) {
    const opening = anOpening("ses_large");
    const opened = recorder.open(opening);
    const tap = opened.ok ? opened.value : undefined;
    const all = happenings(opening.at, "request", "");
    for (const one of all.slice(0, 4)) tap?.take(one);
    for (let index = 0; index < 16; index++) {
      tap?.take({ kind: "responseBody", at: opening.at + 20 + index, chunk });
      await new Promise((resolve) => setImmediate(resolve));
      await store.flush();
    }
    for (const one of all.slice(5)) tap?.take({ ...one, at: opening.at + 50 });
  }
  await new Promise((resolve) => setImmediate(resolve));
  await store.close();
  told(`recorded ${mebibytes} MiB`, begun);

  const opened = performance.now();
  const reader = new SessionReader(folderShelf(folder.path), recordingKeys);
  const read = await reader.session("ses_large");
  told("opened", opened);
  if (!read.ok) throw new Error(read.error);
  expect(read.value.exchanges).toHaveLength(Math.ceil(mebibytes / 16));
  const last = read.value.exchanges.at(-1);
  if (last === undefined) throw new Error("none");
  const paged = performance.now();
  const pages = reader.pieces(last, "response", 35);
  const piece = await pages.next();
  await pages.return(undefined);
  told("a page from its end", paged);
  expect(piece.done).toBe(false);
  expect(last.entries).toContainEqual(
    expect.objectContaining({ k: "over", dir: "response", bytes: 16 * chunk.length }),
  );
}, 600_000);

test("many sessions are listed and searched", async () => {
  const file = join(folder.path, "index.jsonl");
  const { index } = folderShelf(folder.path);
  const [one] = (await readSummaries(index)).all();
  const lines: string[] = [];
  for (let index = 0; index < sessions; index++)
    lines.push(
      JSON.stringify({
        ...one,
        session: `ses_many_${index}`,
        from: 1_700_000_000_000 + index,
        state: "closed",
        repository: `acme/app-${index % 1000}`,
      }),
    );
  await appendFile(file, `${lines.join("\n")}\n`);
  const listed = performance.now();
  const summaries = await readSummaries(index);
  told(`read ${summaries.size} summaries`, listed);
  const searched = performance.now();
  const page = find(summaries, { words: "acme/app-777", limit: 50 });
  told("searched", searched);
  expect(page.sessions.every(({ repository }) => repository === "acme/app-777")).toBe(true);
  expect(page.sessions.length).toBe(Math.min(50, Math.ceil((sessions - 777) / 1000)));
  const again = performance.now();
  expect(
    find(summaries, { words: "issue.create app-42", limit: 50 }).sessions.length,
  ).toBeGreaterThan(0);
  told("searched again", again);
  const paged = performance.now();
  const first = find(summaries, { limit: 50 });
  const second = find(summaries, {
    limit: 50,
    ...(first.next === undefined ? {} : { after: first.next }),
  });
  told("two pages", paged);
  const shown = [...first.sessions, ...second.sessions];
  expect(shown.map(({ from }) => from)).toEqual(
    shown.map(({ from }) => from).toSorted((a, b) => b - a),
  );
  expect(new Set(shown.map(({ session }) => session)).size).toBe(100);
  const nothing = performance.now();
  expect(find(summaries, { words: "no-such-thing", limit: 50 }).sessions).toEqual([]);
  told("searched for nothing", nothing);
}, 120_000);
