import { appendFile, mkdir, readdir, readFile, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import { unlessMissing } from "../../base/missing.ts";
import { OneByOne } from "../../base/one-by-one.ts";
import { bytesOf, type ReversalLimits, type ReversalStore } from "./store.ts";

/**
 * What placeholders stand for, on the disk of one gateway: a file for each session, whose time of change is its last use.
 * A line that a stop cut short cannot be unsealed, and counts as none.
 */
export async function fileReversals(
  dir: string,
  limits: ReversalLimits,
  clock: Clock,
): Promise<ReversalStore> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const work = new OneByOne();
  const inTurn = work.run;
  const read = async (session: string): Promise<ReadonlyMap<string, string>> => {
    const file = join(dir, session);
    if (await isPast(file)) return new Map();
    await utimes(file, clock.now() / 1000, clock.now() / 1000);
    const lines = (await readFile(file, "utf8")).split("\n");
    return new Map(lines.flatMap((line) => entryOf(line)));
  };
  /** There is none, or it was not used for a lifetime, and then there is none any more. */
  const isPast = async (file: string): Promise<boolean> => {
    const found = await stat(file).catch(unlessMissing);
    if (found === undefined) return true;
    if (found.mtimeMs + limits.lifetime > clock.now()) return false;
    await rm(file, { force: true });
    return true;
  };
  return {
    read: (session) => inTurn(() => read(session)),
    add: (session, sealed) =>
      inTurn(async () => {
        const all = new Map([...(await read(session)), ...sealed]);
        let bytes = 0;
        for (const [placeholder, text] of all) bytes += bytesOf(placeholder, text);
        if (all.size > limits.values || bytes > limits.bytes) return false;
        const lines = [...sealed].map(([placeholder, text]) => `\n${placeholder} ${text}`);
        await appendFile(join(dir, session), lines.join(""), { mode: 0o600 });
        await utimes(join(dir, session), clock.now() / 1000, clock.now() / 1000);
        return true;
      }),
    sweep: () =>
      inTurn(async () => {
        for (const session of await readdir(dir)) await isPast(join(dir, session));
      }),
    close: () => work.idle(),
  };
}

function entryOf(line: string): readonly (readonly [string, string])[] {
  const [placeholder = "", sealed = "", ...rest] = line.split(" ");
  return placeholder === "" || sealed === "" || rest.length > 0 ? [] : [[placeholder, sealed]];
}
