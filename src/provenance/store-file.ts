import { createHash } from "node:crypto";
import { appendFile, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isMissing, unlessMissing } from "../base/missing.ts";
import { OneByOne } from "../base/one-by-one.ts";
import type { CommitProvenance } from "./answer.ts";
import { dayOf, daysKept, type Kept, type ProvenanceStore, sessionsOf } from "./store.ts";
import { originOf } from "./suggestion.ts";

/**
 * Provenance of one gateway on its own disk: a file of frames for each scope and day, and a JSON file for each commit.
 * A frame that a stop cut short is left out.
 */
export async function fileProvenance(dir: string): Promise<ProvenanceStore> {
  const [given, commits, sessions] = ["suggestions", "commits", "sessions"].map((name) =>
    join(dir, name),
  ) as [string, string, string];
  for (const folder of [given, commits, sessions])
    await mkdir(folder, { recursive: true, mode: 0o700 });
  const work = new OneByOne();
  const inTurn = work.run;
  return {
    save: (kept) => inTurn(() => append(given, kept)),
    suggestions: (scopes, now) => inTurn(() => readAll(given, scopes, now)),
    forget: (session) => inTurn(() => forget(given, session)),
    sweep: (now) => inTurn(() => sweep(given, now)),
    saveCommit: (found) =>
      inTurn(async () => {
        await replace(join(commits, `${name(found.commit)}.json`), JSON.stringify(found));
        for (const session of sessionsOf(found)) {
          const file = join(sessions, name(session));
          const known = await lines(file);
          if (!known.includes(found.commit)) await appendFile(file, `${found.commit}\n`, mode);
        }
      }),
    commit: async (id) => {
      const text = await read(join(commits, `${name(id)}.json`));
      return text === undefined
        ? undefined
        : (JSON.parse(text.toString("utf8")) as CommitProvenance);
    },
    commitsOf: (session) => lines(join(sessions, name(session))),
    close: () => work.idle(),
  };
}

const mode = { mode: 0o600 };

/** Scopes and sessions hold characters that file names do not. */
function name(text: string): string {
  return /^[0-9a-f]{40,64}$/.test(text) ? text : createHash("sha256").update(text).digest("hex");
}

async function append(dir: string, kept: readonly Kept[]): Promise<void> {
  const scopes = new Map<string, Map<number, Buffer[]>>();
  for (const { scope, at, packed } of kept) {
    const days = scopes.get(scope) ?? new Map<number, Buffer[]>();
    scopes.set(scope, days);
    const day = dayOf(at);
    const frames = days.get(day) ?? [];
    days.set(day, frames);
    frames.push(packed);
  }
  for (const [scope, days] of scopes)
    for (const [day, frames] of days)
      await appendTo(join(dir, name(scope), String(day)), framed(frames));
}

/** Each after its length. */
function framed(frames: readonly Buffer[]): Buffer {
  const bytes = Buffer.allocUnsafe(frames.reduce((sum, { length }) => sum + 4 + length, 0));
  let at = 0;
  for (const frame of frames) {
    at = bytes.writeUInt32LE(frame.length, at);
    at += frame.copy(bytes, at);
  }
  return bytes;
}

/** A folder is made when it is missed: once for each scope. */
async function appendTo(file: string, bytes: Buffer): Promise<void> {
  try {
    await appendFile(file, bytes, mode);
  } catch (error) {
    if (!isMissing(error)) throw error;
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await appendFile(file, bytes, mode);
  }
}

async function readAll(
  dir: string,
  scopes: readonly string[],
  now: number,
): Promise<readonly Buffer[]> {
  const found: Buffer[] = [];
  for (const scope of new Set(scopes)) {
    const folder = join(dir, name(scope));
    for (const day of await list(folder)) {
      const file = join(folder, day);
      if (!isPast(day, now)) found.push(...framesOf((await read(file)) ?? Buffer.alloc(0)));
    }
  }
  return found;
}

function isPast(day: string, now: number): boolean {
  return Number(day) < dayOf(now) - daysKept;
}

async function sweep(dir: string, now: number): Promise<void> {
  for (const scope of await list(dir))
    for (const day of await list(join(dir, scope)))
      if (isPast(day, now)) await rm(join(dir, scope, day), { force: true });
}

function framesOf(bytes: Buffer): readonly Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + bytes.readUInt32LE(at);
    if (end > bytes.length) break;
    frames.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return frames;
}

async function forget(dir: string, session: string): Promise<number> {
  let count = 0;
  for (const scope of await list(dir))
    for (const day of await list(join(dir, scope))) {
      const file = join(dir, scope, day);
      const frames = framesOf((await read(file)) ?? Buffer.alloc(0));
      const left = frames.filter((frame) => originOf(frame).session !== session);
      if (left.length === frames.length) continue;
      count += frames.length - left.length;
      await replace(file, framed(left));
    }
  return count;
}

async function replace(file: string, content: string | Uint8Array): Promise<void> {
  await writeFile(`${file}.new`, content, mode);
  await rename(`${file}.new`, file);
}

async function lines(file: string): Promise<readonly string[]> {
  const text = (await read(file))?.toString("utf8") ?? "";
  return text.split("\n").filter((line) => line !== "");
}

async function list(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(unlessMissing)) ?? [];
}

function read(file: string): Promise<Buffer | undefined> {
  return readFile(file).catch(unlessMissing);
}
