import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, expect, test } from "vitest";
import type { Tap } from "../../../src/core/recording.ts";
import type { Piece } from "../../../src/recording/entry.ts";
import { sessionFolder } from "../../../src/recording/layout.ts";
import { SessionReader } from "../../../src/recording/read.ts";
import { readSummaries } from "../../../src/recording/session-index.ts";
import { folderShelf } from "../../../src/recording/shelf-file.ts";
import { type Folder, temporaryFolder } from "../../support/folder.ts";
import {
  anOpening,
  happenings,
  openRecordingsIn,
  recordingKeys,
  signerPem,
} from "../../support/recordings.ts";

const folders: Folder[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await folder.remove();
});
async function aFolder(): Promise<string> {
  const folder = await temporaryFolder();
  folders.push(folder);
  return folder.path;
}

function tapOf(
  opened: ReturnType<Awaited<ReturnType<typeof openRecordingsIn>>["recorder"]["open"]>,
): Tap {
  if (!opened.ok || opened.value === undefined) throw new Error("not recorded");
  return opened.value;
}

/** Taps work on what they took in the next turn of the event loop. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function textOf(pieces: AsyncGenerator<Piece>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const { bytes } of pieces) parts.push(bytes);
  return Buffer.concat(parts).toString("utf8");
}

async function read(dir: string, session: string) {
  const read = await new SessionReader(folderShelf(dir), recordingKeys).session(session);
  if (!read.ok) throw new Error(read.error);
  return read.value;
}

test("what is recorded is read back: bodies, times, decision, end; and stock tools check it", async () => {
  const dir = await aFolder();
  const { store, recorder } = await openRecordingsIn(dir);
  const opening = anOpening("ses_one");
  const tap = tapOf(recorder.open(opening));
  for (const one of happenings(opening.at, '{"title":"hello"}', '{"number":1}')) tap.take(one);
  await turn();
  await store.close();

  const { exchanges, open } = await read(dir, "ses_one");
  expect(open).toEqual([]);
  expect(exchanges).toHaveLength(1);
  const [exchange] = exchanges;
  if (exchange === undefined) throw new Error("none");
  expect(exchange.entries.map(({ k }) => k)).toEqual([
    "open",
    "decided",
    "over",
    "answer",
    "over",
    "end",
  ]);
  const reader = new SessionReader(folderShelf(dir), recordingKeys);
  expect(await textOf(reader.pieces(exchange, "request"))).toBe('{"title":"hello"}');
  expect(await textOf(reader.pieces(exchange, "response"))).toBe('{"number":1}');
  const [summary] = (await readSummaries(folderShelf(dir).index)).all();
  expect(summary).toMatchObject({ session: "ses_one", state: "closed", exchanges: 1, bytes: 29 });

  const folder = join(dir, sessionFolder("ses_one"));
  const run = promisify(execFile);
  await run("sha256sum", ["-c", "SHA256SUMS"], { cwd: folder });
  await writeFile(join(dir, "signer.pem"), signerPem);
  const args =
    "pkeyutl -verify -pubin -inkey ../../signer.pem -rawin -in SHA256SUMS -sigfile SHA256SUMS.sig";
  expect((await run("openssl", args.split(" "), { cwd: folder })).stdout).toContain("Success");
});

test("a secret is in nothing that is kept, though no rule masked it, and its place is told", async () => {
  const dir = await aFolder();
  const { store, recorder } = await openRecordingsIn(dir);
  const secret = `gh${"p"}_${"aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5"}`;
  const opening = anOpening("ses_two");
  const tap = tapOf(recorder.open(opening));
  for (const one of happenings(opening.at, `token=${secret}`, `back ${secret}`)) tap.take(one);
  await turn();
  await store.close();
  const { exchanges } = await read(dir, "ses_two");
  const reader = new SessionReader(folderShelf(dir), recordingKeys);
  for (const exchange of exchanges) {
    expect(JSON.stringify(exchange.entries)).not.toContain(secret);
    for (const direction of ["request", "response"] as const)
      expect(await textOf(reader.pieces(exchange, direction))).toMatch(/\[REDACTED:/);
    expect(exchange.entries.filter(({ k }) => k === "mask")).toMatchObject([
      { dir: "request", late: true, offset: 10, length: 36 },
      { dir: "response", late: true },
    ]);
  }
});

test("when memory is used up, a gap is marked; or the exchange is refused and broken", async () => {
  const dir = await aFolder();
  const gap = await openRecordingsIn(dir, { spool: 10 });
  const opening = anOpening("ses_gap");
  const tap = tapOf(gap.recorder.open(opening));
  for (const one of happenings(opening.at, "0123456789abcdef", "0123456789abcdef")) tap.take(one);
  await turn();
  await gap.store.close();
  const { exchanges } = await read(dir, "ses_gap");
  expect(exchanges[0]?.entries).toContainEqual(expect.objectContaining({ k: "gap", bytes: 16 }));

  const strict = await openRecordingsIn(await aFolder(), { spool: 1, whenFull: "refuse" });
  const cut = new Promise<string>((resolve) => {
    const broken = tapOf(strict.recorder.open(anOpening("ses_full", { cut: resolve })));
    for (const one of happenings(Date.now(), "0123456789", "")) broken.take(one);
  });
  expect(await cut).toBe("the recording has no room");
  expect(strict.recorder.open(anOpening("ses_full")).ok).toBe(false);
  await strict.store.close();
});

test("a torn block is cut off when the folder is opened again, and the rest is readable", async () => {
  const dir = await aFolder();
  const first = await openRecordingsIn(dir);
  const opening = anOpening("ses_torn");
  const tap = tapOf(first.recorder.open(opening));
  for (const one of happenings(opening.at, "a request", "an answer").slice(0, -1)) tap.take(one);
  await turn();
  await first.store.flush();
  const folder = join(dir, sessionFolder("ses_torn"));
  const [part = ""] = readdirSync(folder);
  const whole = await readFile(join(folder, part));
  await writeFile(join(folder, part), Buffer.concat([whole, whole.subarray(0, 33)]));
  const second = await openRecordingsIn(dir);
  expect((await stat(join(folder, part))).size).toBe(whole.length);
  expect(second.store.index.get("ses_torn")?.state).toBe("cut");
  const { exchanges, open } = await read(dir, "ses_torn");
  expect(exchanges[0]?.ended).toBe(false);
  expect(open).toEqual([part]);
  await truncate(join(folder, part), whole.length - 1);
  expect((await read(dir, "ses_torn")).exchanges.length).toBeLessThanOrEqual(1);
  await second.store.close();
});

test("a changed bit is found", async () => {
  const dir = await aFolder();
  const { store, recorder } = await openRecordingsIn(dir);
  const opening = anOpening("ses_bit");
  const tap = tapOf(recorder.open(opening));
  for (const one of happenings(opening.at, "a request", "an answer")) tap.take(one);
  await turn();
  await store.close();
  const folder = join(dir, sessionFolder("ses_bit"));
  const [part = ""] = (await import("node:fs"))
    .readdirSync(folder)
    .filter((n) => n.endsWith(".rec"));
  const bytes = await readFile(join(folder, part));
  bytes[40] = (bytes[40] ?? 0) ^ 1;
  await writeFile(join(folder, part), bytes);
  await expect(read(dir, "ses_bit")).rejects.toThrow("was changed");
});
