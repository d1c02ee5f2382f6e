import { setTimeout as sleep } from "node:timers/promises";
import { Turns } from "../base/turns.ts";
import type { CommitProvenance, Sighting } from "./answer.ts";
import { type AttestedCommit, changeIn } from "./attestation.ts";
import { attribute, judge, merged } from "./attribute.ts";
import type { View } from "./changed-files.ts";
import { claimsOf } from "./claims.ts";
import { packed } from "./gathered.ts";
import type { Shelves } from "./patient.ts";
import { shortlist } from "./shortlist.ts";
import type { Veil } from "./veil.ts";
import { type Delivery, type Placed, scopesFor } from "./witness.ts";

export interface RegistrarParts {
  readonly store: Shelves;
  readonly veil: Veil;
  readonly now: () => number;
  /** A commit of a repository with its files and so many generations before it; undefined where it cannot be had. */
  readonly fetch: (
    repository: string,
    tip: string,
    depth: number,
  ) => Promise<(View & { close(): void }) | undefined>;
  /** Where a branch stands. */
  readonly tip: (repository: string, ref: string) => Promise<string | null | undefined>;
  /** Writes down, in the audit log, which commit an exchange brought and what it came from. */
  readonly record: (sighting: Sighting, found: CommitProvenance) => Promise<void>;
  readonly fault: (error: unknown) => void;
}

/** Which job tells of a commit: of which repository, and where its suggestions may be. */
export interface AttestedBy {
  readonly repository: string;
  readonly sighting: Sighting;
  readonly scopes: readonly string[];
}

/** Works off, one after the other and beside the traffic, what the witness saw. */
export interface Registrar {
  /** Takes what will say what was suggested: it is asked soon, and what it says is kept together with what others say. */
  suggested(work: () => readonly Placed[]): void;
  delivered(delivery: Delivery): void;
  /**
   * Resolves what is known of a commit that a job tells of, undefined where it is known of another repository; rejects
   * when it cannot be kept or recorded.
   */
  attested(commit: AttestedCommit, by: AttestedBy): Promise<CommitProvenance | undefined>;
  /** Resolves when all that came so far is written down. */
  settled(): Promise<void>;
}

/** Of one push so many commits are read; the rest are named in its record alone. */
const mostCommits = 100;
/** So much may wait while the store is out of reach. */
const mostWaiting = 10_000;
/** Milliseconds in which suggestions gather: to keep some costs hardly more than to keep one. */
const gatherFor = 100;
/** Milliseconds of reading suggestions after which others have their turn. */
const longestTurn = 1;
/** So many jobs are listened to at once: each may tell of megabytes. */
const mostTold = 32;

export function registrar(parts: RegistrarParts): Registrar {
  let queue: Promise<void> = Promise.resolve();
  let waiting = 0;
  let told = 0;
  const next = (work: () => Promise<void>): void => {
    if (waiting >= mostWaiting) {
      parts.fault(new Error("too much waits to be written down: this is not"));
      return;
    }
    waiting += 1;
    queue = queue
      .then(work)
      .catch(parts.fault)
      .finally(() => {
        waiting -= 1;
      });
  };
  const turns = new Turns(Number.MAX_SAFE_INTEGER, longestTurn);
  let gathering: Placed[] | undefined;
  const gather = (): Placed[] => {
    const placed: Placed[] = [];
    const kept = sleep(gatherFor).then(async () => {
      gathering = undefined;
      await turns.next();
      return packed(placed, parts.veil);
    });
    next(async () => {
      const all = await kept;
      if (all.length > 0) await parts.store.save(all);
    });
    return placed;
  };
  return {
    suggested: (work) => {
      gathering ??= gather();
      const placed = gathering;
      // Asked whether or not the store is behind: what waits must not hold whole answers.
      turns.add(() => {
        try {
          placed.push(...work());
        } catch (error) {
          parts.fault(error);
        }
      });
    },
    delivered: (delivery) => next(() => register(delivery, parts)),
    attested: async (commit, by) => {
      if (told >= mostTold) throw new Error("too many jobs tell of commits at once");
      told += 1;
      const found = queue
        .then(() => registerAttested(commit, by, parts))
        .finally(() => {
          told -= 1;
        });
      // Whoever asked hears of the failure.
      queue = found.then(
        () => undefined,
        () => undefined,
      );
      return found;
    },
    settled: async () => {
      for (let last: unknown; last !== queue; ) {
        last = queue;
        await queue;
      }
    },
  };
}

async function register(delivery: Delivery, parts: RegistrarParts): Promise<void> {
  const { opening, repository, kind } = delivery;
  const { record, session, principal } = opening;
  const actor = principal.run?.actor;
  const sighting: Sighting = {
    kind,
    record,
    session,
    principal: principal.id,
    ...(actor === undefined ? {} : { actor }),
    at: opening.at,
  };
  const commits = (await named(delivery, parts)).slice(0, mostCommits);
  const [tip] = commits;
  if (tip === undefined) return;
  const view = await parts.fetch(repository, tip, commits.length + 1);
  try {
    for (const commit of commits.toReversed())
      await registerOne(commit, view, delivery, sighting, parts);
  } finally {
    view?.close();
  }
}

async function named(delivery: Delivery, parts: RegistrarParts): Promise<readonly string[]> {
  const { commits, branch, repository } = delivery;
  if (commits.length > 0 || branch === undefined) return commits;
  const tip = await parts.tip(repository, `refs/heads/${branch}`);
  return typeof tip === "string" ? [tip] : [];
}

async function registerOne(
  commit: string,
  view: View | undefined,
  { opening, repository }: Delivery,
  sighting: Sighting,
  parts: RegistrarParts,
): Promise<void> {
  const known = await parts.store.commit(commit);
  // What was read here stands; what a job only told of is read now that it can be.
  if (known !== undefined && (isRead(known) || view === undefined)) {
    await keep(again(known, sighting), sighting, parts);
    return;
  }
  const packed = await parts.store.suggestions(scopesFor(opening, repository), parts.now());
  const before = view && (await attribute(view, commit, packed, sighting.session, parts.veil));
  const { message = "", ...found } = before ?? unreadable(packed.length);
  const seen = [...(known?.seen ?? []), sighting];
  await keep({ commit, repository, seen, ...found, ...claimed(found, message) }, sighting, parts);
}

/** Takes a job's word for what a commit adds. What was known of the commit before stands. */
async function registerAttested(
  attested: AttestedCommit,
  { repository, sighting, scopes }: AttestedBy,
  parts: RegistrarParts,
): Promise<CommitProvenance | undefined> {
  const { commit, merge, trailers } = attested;
  const known = await parts.store.commit(commit);
  // Whoever brought a commit may read of it: naming an id is not bringing it.
  if (known !== undefined && known.repository !== repository) return undefined;
  if (known !== undefined) return keep(again(known, sighting), sighting, parts);
  const packed = await parts.store.suggestions(scopes, parts.now());
  const { change, known: had } = changeIn(attested);
  const likely = shortlist(packed, change.index, parts.veil);
  const found = merge
    ? { ...merged, compared: packed.length }
    : {
        ...judge(change, { packed, likely }, sighting.session, had),
        base: "part" as const,
      };
  const why = `${found.why} A job told what it adds; the gateway has not read it.`;
  const about = { commit, repository, seen: [sighting], ...found, why };
  return keep({ ...about, ...claimed(found, trailers) }, sighting, parts);
}

async function keep(
  found: CommitProvenance,
  sighting: Sighting,
  parts: RegistrarParts,
): Promise<CommitProvenance> {
  await parts.store.saveCommit(found);
  await parts.record(sighting, found);
  return found;
}

/** Whether its answer comes from reading it; one that could not be read is tried again when it goes by again. */
function isRead({ seen, base, evidence }: CommitProvenance): boolean {
  const unreadable = base === "unknown" && evidence === "unattributable";
  return !unreadable && seen.some(({ kind }) => kind !== "attested");
}

/** A commit may go by as often as somebody likes: the first times are kept, and the last. */
const mostSightings = 100;

function again(known: CommitProvenance, sighting: Sighting): CommitProvenance {
  return { ...known, seen: [...known.seen.slice(0, mostSightings - 1), sighting] };
}

function claimed(
  { files, evidence }: Pick<CommitProvenance, "files" | "evidence">,
  message: string,
): Pick<CommitProvenance, "claims"> {
  const models = files.flatMap(({ lines }) =>
    lines.flatMap(({ suggestion }) => suggestion.model ?? []),
  );
  return { claims: claimsOf(message, evidence, models) };
}

function unreadable(compared: number): Omit<
  CommitProvenance,
  "commit" | "repository" | "seen" | "claims"
> & {
  readonly message?: string;
} {
  return {
    evidence: "unattributable",
    why: "The commit went by, and could not be read afterwards from the upstream.",
    added: 0,
    files: [],
    compared,
    base: "unknown",
  };
}
