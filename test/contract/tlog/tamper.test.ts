import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyLog } from "../../../src/audit/transparency/verify-file.ts";
import { parseCheckpoint, signCheckpoint } from "../../../src/tlog/checkpoint.ts";
import { generateKey, parseSigner, parseVerifier, type Signer } from "../../../src/tlog/key.ts";
import { leafHash } from "../../../src/tlog/merkle.ts";
import { parseNote } from "../../../src/tlog/note.ts";
import { changedTiles, decodeEntries, encodeEntries, tilePath } from "../../../src/tlog/tiles.ts";
import { type WrittenLog, writeLog } from "../audit/written-log.ts";
import { GoVerifier, hasGo } from "./go-verifier.ts";

/** One way to tamper with a log folder. */
interface Tampering {
  readonly what: string;
  readonly apply: (dir: string) => Promise<void>;
}

const withGo = hasGo();
let log: WrittenLog;
let signer: Signer;
let work: string;
let go: GoVerifier | undefined;

beforeAll(async () => {
  log = await writeLog(150);
  const key = parseSigner(await readFile(join(log.dir, "keys", "signing.key"), "utf8"));
  if (!key.ok) throw new Error(key.error);
  signer = key.value;
  work = await mkdtemp(join(tmpdir(), "sallyport-tamper-"));
  await writeFile(join(work, "older"), log.older);
  if (withGo) go = new GoVerifier();
});
afterAll(async () => {
  await go?.stop();
  await rm(work, { recursive: true, force: true });
  await rm(log.dir, { recursive: true, force: true });
});

async function both(
  dir: string,
): Promise<{ ours: boolean; theirs: boolean | undefined; why: string }> {
  const key = parseVerifier(log.vkey);
  if (!key.ok) throw new Error(key.error);
  const report = await verifyLog({ dir, keys: [key.value], older: [log.older] });
  const answer = await go?.verify({ dir, vkey: log.vkey, older: join(work, "older") });
  const ours = report.ok && report.value.ok;
  const why = `ours: ${JSON.stringify(report)} theirs: ${answer}`;
  return { ours, theirs: answer === undefined ? undefined : answer === "ok", why };
}

describe("a log that ours wrote", () => {
  it("is verified by ours and by golang.org/x/mod", async () => {
    const { ours, theirs, why } = await both(join(log.dir, "log"));
    expect(ours, why).toBe(true);
    if (withGo) expect(theirs, why).toBe(true);
  });

  it("is refused by both after any of at least 200 tamperings", async () => {
    const tamperings = await corpus(join(log.dir, "log"));
    expect(tamperings.length).toBeGreaterThanOrEqual(200);
    expect(new Set(tamperings.map(({ what }) => what)).size).toBe(tamperings.length);
    const missed: string[] = [];
    for (const { what, apply } of tamperings) {
      const dir = join(work, "log");
      await rm(dir, { recursive: true, force: true });
      await cp(join(log.dir, "log"), dir, { recursive: true });
      await apply(dir);
      const { ours, theirs } = await both(dir);
      if (ours) missed.push(`ours accepts: ${what}`);
      if (theirs === true) missed.push(`golang.org/x/mod accepts: ${what}`);
    }
    expect(missed).toEqual([]);
    console.log(`${tamperings.length} tamperings, ${withGo ? "both verifiers" : "ours alone"}`);
  }, 120_000);
});

/** Every tampering is of one kind at one place. */
async function corpus(log: string): Promise<readonly Tampering[]> {
  const opened = parseNote(await readFile(join(log, "checkpoint"), "utf8"));
  const head = opened.ok ? parseCheckpoint(opened.value.text) : opened;
  if (!head.ok) throw new Error(head.error);
  // Tiles that are partial in an older tree only are no part of this one.
  const files = changedTiles(0, head.value.size).map(tilePath);
  const list: Tampering[] = [];
  for (const file of files) list.push(...(await fileTamperings(log, file)));
  for (const file of files.filter((name) => name.startsWith("tile/entries/")))
    list.push(...(await entryTamperings(log, file)));
  return [...list, ...(await checkpointTamperings(log)), ...forks()];
}

async function fileTamperings(log: string, file: string): Promise<readonly Tampering[]> {
  const { length } = await readFile(join(log, file));
  const places = Array.from({ length: 10 }, (_, step) => Math.floor((step * (length - 1)) / 9));
  const edit = (what: string, change: (bytes: Buffer) => Buffer): Tampering => ({
    what: `${file}: ${what}`,
    apply: async (dir) => writeFile(join(dir, file), change(await readFile(join(dir, file)))),
  });
  return [
    ...places.map((at) =>
      edit(`bit flipped at ${at}`, (bytes) => {
        bytes[at] = (bytes[at] ?? 0) ^ 1;
        return bytes;
      }),
    ),
    edit("last byte cut off", (bytes) => bytes.subarray(0, -1)),
    edit("emptied", () => Buffer.alloc(0)),
    { what: `${file}: removed`, apply: (dir) => rm(join(dir, file)) },
  ];
}

/** Whole entries changed, with their hashes in the tile changed to match: only the root can tell. */
async function entryTamperings(log: string, file: string): Promise<readonly Tampering[]> {
  const count = decodeEntries(await readFile(join(log, file)))?.length ?? 0;
  const places = [0, 7, Math.floor(count / 2), count - 2];
  const edit = (what: string, at: number, change: (entries: Buffer[]) => Buffer[]): Tampering => ({
    what: `${file}: ${what} ${at}, tile made to match`,
    apply: async (dir) => {
      const entries = change([...(decodeEntries(await readFile(join(dir, file))) ?? [])]);
      await writeFile(join(dir, file), encodeEntries(entries));
      const tile = join(dir, file.replace("tile/entries/", "tile/0/"));
      await writeFile(tile, Buffer.concat(entries.map(leafHash)));
    },
  });
  const reword = (entry: Buffer | undefined, from: string | RegExp, to: string): Buffer => {
    const text = entry?.toString() ?? "";
    if (text.replace(from, to) === text) throw new Error(`nothing to change in ${text}`);
    return Buffer.from(text.replace(from, to));
  };
  return places.flatMap((at) => [
    edit("removed entry", at, (entries) => entries.toSpliced(at, 1)),
    edit("repeated entry", at, (entries) => entries.toSpliced(at, 0, entries[at] as Buffer)),
    edit("swapped entry", at, (entries) =>
      entries.toSpliced(at, 2, entries[at + 1] as Buffer, entries[at] as Buffer),
    ),
    edit("other commitment in entry", at, (entries) =>
      entries.toSpliced(at, 1, reword(entries[at], /"commit":"./, '"commit":"_')),
    ),
    edit("other time in entry", at, (entries) =>
      entries.toSpliced(at, 1, reword(entries[at], /"at":\d/, '"at":9')),
    ),
    edit("other kind in entry", at, (entries) =>
      entries.toSpliced(at, 1, reword(entries[at], /"kind":"[a-z]/, '"kind":"x')),
    ),
    edit("invented entry for", at, (entries) => entries.toSpliced(at, 1, Buffer.from("{}"))),
  ]);
}

async function checkpointTamperings(log: string): Promise<readonly Tampering[]> {
  const note = await readFile(join(log, "checkpoint"), "utf8");
  const parsed = parseNote(note);
  if (!parsed.ok) throw new Error(parsed.error);
  const { text } = parsed.value;
  const checkpoint = parseCheckpoint(text);
  if (!checkpoint.ok) throw new Error(checkpoint.error);
  const { size } = checkpoint.value;
  const signature = parsed.value.signatures[0]?.line ?? "";
  const replace = (what: string, to: string): Tampering => ({
    what: `checkpoint: ${what}`,
    apply: (dir) => writeFile(join(dir, "checkpoint"), to),
  });
  const stranger = parseSigner(generateKey(signer.name));
  if (!stranger.ok) throw new Error(stranger.error);
  const flips = Array.from({ length: 24 }, (_, step) =>
    Math.floor((step * (note.length - 2)) / 24),
  );
  return [
    ...flips.map((at) =>
      replace(
        `character ${at} changed`,
        note.slice(0, at) + (note[at] === "A" ? "B" : "A") + note.slice(at + 1),
      ),
    ),
    replace("shorter tree", note.replace(`\n${size}\n`, `\n${size - 1}\n`)),
    replace("longer tree", note.replace(`\n${size}\n`, `\n${size + 1}\n`)),
    replace("no signature", text),
    replace("signature of other text", `${text}x\n\n${signature}\n`),
    replace(
      "signed by a stranger of the same name",
      signCheckpoint(checkpoint.value, [stranger.value]),
    ),
    replace("an extension line put in", `${text}extra\n\n${signature}\n`),
    replace("emptied", ""),
    { what: "checkpoint: removed", apply: (dir) => rm(join(dir, "checkpoint")) },
  ];
}

/** What a thief of the signing key could publish: signed, and not consistent with what was seen before. */
function forks(): readonly Tampering[] {
  const resign = (
    what: string,
    change: (size: number, root: Buffer) => [number, Buffer],
  ): Tampering => ({
    what: `signed anew: ${what}`,
    apply: async (dir) => {
      const parsed = parseNote(await readFile(join(dir, "checkpoint"), "utf8"));
      const old = parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
      if (!old.ok) throw new Error(old.error);
      const { origin } = old.value;
      const [size, root] = change(old.value.size, old.value.root);
      await writeFile(join(dir, "checkpoint"), signCheckpoint({ origin, size, root }, [signer]));
    },
  });
  return [
    resign("another root", (size, root) => [size, leafHash(root)]),
    resign("one entry less", (size, root) => [size - 1, root]),
    resign("one entry more", (size, root) => [size + 1, root]),
    resign("no entries", () => [0, leafHash(Buffer.from("x"))]),
    resign("half of it", (size, root) => [Math.floor(size / 2), root]),
  ];
}
