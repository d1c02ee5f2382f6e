import { anything, type Changes, changesBetween, type Readers, type See } from "./changes.ts";
import type { Commit, FreshObjects, ObjectReader, ObjectSource } from "./source.ts";

/** A ref that is to point elsewhere. `old` is `undefined` for a ref that is made. */
export interface Move {
  readonly resource: string;
  readonly ref: string;
  readonly old: string | undefined;
  readonly new: string;
}

/** What comes of a move: what it changes, and whether it leaves commits behind. */
export interface Moved {
  readonly changes: Changes;
  /** True unless it is proved that the old commit is an ancestor of the new one. A new ref leaves nothing behind. */
  readonly force: boolean;
  /** The commits that come with the request, the newest first; cut where there are very many. */
  readonly commits: readonly string[];
}

const mostNamed = 1000;

const maxCommits = 50_000;
const maxBorder = 8;

/**
 * Judges a move: `fresh` knows what the client sends along, `source` what the upstream has. A ref that moves is
 * compared with where it was, a new one with where it left the default branch. `see` is told of the files that differ.
 */
export async function judgeMove(
  move: Move,
  fresh: FreshObjects,
  source: ObjectSource,
  see?: See,
): Promise<Moved> {
  const reached = await borderOf(move, fresh);
  const border = reached?.border;
  const [force, base] = await Promise.all([
    move.old === undefined ? false : leavesBehind(move, border, source),
    move.old ?? (await baseOf(move, border, source)),
  ]);
  return {
    force,
    commits: reached?.fresh.slice(0, mostNamed) ?? [],
    changes: await changesSince(readersOf(move.resource, fresh, source), base, move.new, see),
  };
}

/** What was is asked of the upstream first, what comes of the request: a long pack is not read in vain. */
function readersOf(resource: string, fresh: FreshObjects, source: ObjectSource): Readers {
  const theirs: ObjectReader = {
    commit: (id) => source.commit(resource, id),
    tree: async (id) => {
      const entries = await source.tree(resource, id);
      if (entries !== undefined) fresh.offer(id, entries);
      return entries;
    },
  };
  return { old: firstOf(theirs, fresh), now: firstOf(fresh, theirs) };
}

function firstOf(first: ObjectReader, second: ObjectReader): ObjectReader {
  return {
    commit: async (id) => (await first.commit(id)) ?? second.commit(id),
    tree: async (id) => (await first.tree(id)) ?? second.tree(id),
  };
}

async function changesSince(
  readers: Readers,
  base: string | null | undefined,
  id: string,
  see: See | undefined,
): Promise<Changes> {
  if (base === undefined) return anything;
  const before = base === null ? null : await readers.old.commit(base);
  const after = await readers.now.commit(id);
  if (before === undefined || after === undefined) return anything;
  return changesBetween(readers, before?.tree, after.tree, see);
}

interface Reached {
  readonly border: ReadonlySet<string>;
  readonly fresh: readonly string[];
}

/** The commits that the new ones build on and that the client did not send; `undefined` where there are too many. */
async function borderOf(move: Move, fresh: ObjectReader): Promise<Reached | undefined> {
  const border = new Set<string>();
  const seen = new Set<string>();
  const queue = [move.new];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    if (seen.size > maxCommits) return undefined;
    const commit: Commit | undefined = id === move.old ? undefined : await fresh.commit(id);
    if (commit === undefined) border.add(id);
    else queue.push(...commit.parents);
  }
  return { border, fresh: [...seen].filter((id) => !border.has(id)) };
}

async function leavesBehind(
  move: Move,
  border: ReadonlySet<string> | undefined,
  source: ObjectSource,
): Promise<boolean> {
  const { old } = move;
  if (border === undefined || old === undefined) return true;
  if (border.has(old)) return false;
  for (const id of [...border].slice(0, maxBorder))
    if ((await source.mergeBase(move.resource, old, id)) === old) return false;
  return true;
}

/** Where a new ref left the default branch; `null` in an empty repository. */
async function baseOf(
  move: Move,
  border: ReadonlySet<string> | undefined,
  source: ObjectSource,
): Promise<string | null | undefined> {
  const tip = await source.tip(move.resource, "HEAD");
  if (tip === null || tip === undefined) return tip;
  const [only, ...others] = border ?? [];
  if (only === undefined || others.length > 0) return tip;
  return (await source.mergeBase(move.resource, tip, only)) ?? tip;
}
