import type { CommitProvenance, Sighting } from "./answer.ts";
import { attribute } from "./attribute.ts";
import type { View } from "./changed-files.ts";
import { claimsOf } from "./claims.ts";
import type { Fingerprinter } from "./fingerprints.ts";
import type { Shelves } from "./patient.ts";
import type { Kept } from "./store.ts";
import { type Delivery, scopesFor } from "./witness.ts";

export interface RegistrarParts {
  readonly store: Shelves;
  readonly prints: Fingerprinter;
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

/** Works off, one after the other and beside the traffic, what the witness saw. */
export interface Registrar {
  suggested(kept: readonly Kept[]): void;
  delivered(delivery: Delivery): void;
  /** Resolves when all that came so far is written down. */
  settled(): Promise<void>;
}

/** Of one push so many commits are read; the rest are named in its record alone. */
const mostCommits = 100;
/** So much may wait while the store is out of reach. */
const mostWaiting = 10_000;

export function registrar(parts: RegistrarParts): Registrar {
  let queue: Promise<void> = Promise.resolve();
  let waiting = 0;
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
  return {
    suggested: (kept) => next(() => parts.store.save(kept)),
    delivered: (delivery) => next(() => register(delivery, parts)),
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
  if (known !== undefined) {
    const again = { ...known, seen: [...known.seen, sighting] };
    await parts.store.saveCommit(again);
    await parts.record(sighting, again);
    return;
  }
  const packed = await parts.store.suggestions(scopesFor(opening, repository), parts.now());
  const before = view && (await attribute(view, commit, packed, sighting.session, parts.prints));
  const { message = "", ...found } = before ?? unreadable(packed.length);
  const models = found.files.flatMap(({ lines }) =>
    lines.flatMap(({ suggestion }) => suggestion.model ?? []),
  );
  const claims = claimsOf(message, found.evidence, models);
  const provenance = { commit, repository, seen: [sighting], ...found, claims };
  await parts.store.saveCommit(provenance);
  await parts.record(sighting, provenance);
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
