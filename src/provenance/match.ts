import type { ChangeIndex, Place } from "./change-index.ts";
import type { Channel } from "./fingerprints.ts";

/** The fingerprints of one suggestion, in both channels, and how many of its lines have code. */
export interface Prints {
  readonly hashes: Readonly<Record<Channel, Float64Array>>;
  readonly lines: number;
}

/** Whatever can say that it has a fingerprint. */
export interface Known {
  has(hash: number): boolean;
}

export type Change = Readonly<Record<Channel, ChangeIndex>>;

/** How much of a suggestion is found in one place, leaving out what the repository had before. */
interface Overlap {
  readonly channel: Channel;
  /** Fingerprints of the suggestion that the repository did not have. */
  readonly novel: number;
  /** Those of them that the change has, near each other. */
  readonly shared: number;
  /** Those that both the change and the repository before it had. */
  readonly old: number;
  /** Where the shared ones stand. */
  readonly places: readonly Place[];
}

/**
 * Below these shares of a suggestion chance explains it too. Of its words two fingerprints and three tenths of all.
 * Shapes are less telling: four and a fifth of all; or most of the few there are, unless nearly everything that the
 * suggestion says has an everyday shape. Chosen on repositories that `npm run bench -- provenance` does not judge by.
 */
const words = { shared: 2, containment: 0.3 };
const shapes = { shared: 4, containment: 0.2, fewShared: 2, mostOfFew: 0.6, telling: 0.2 };
/** From here on the suggestion was taken in for the greater part. */
export const strongFrom = 0.6;
/** Shorter suggestions say too little to be told apart from what anybody would write. */
export const leastLines = 6;

/** What content alone says of a suggestion and a change. */
export type Likeness =
  | {
      readonly kind: "strong" | "partial";
      readonly channel: Channel;
      readonly containment: number;
      readonly places: readonly Place[];
    }
  /** The suggestion says nothing that the repository did not say before: nobody can tell. */
  | { readonly kind: "unattributable" }
  | { readonly kind: "none" };

/** Compares a suggestion's fingerprints with those of added lines, without those that the base tree had. */
export function compare(suggestion: Prints, change: Change, base: Known): Likeness {
  const overlap = (channel: Channel): Overlap =>
    overlapOf(suggestion.hashes[channel], suggestion.lines, change[channel], base);
  return likenessOf([overlap("exact"), overlap("abstract")]);
}

function overlapOf(hashes: Float64Array, lines: number, change: ChangeIndex, base: Known): Overlap {
  let novel = 0;
  let old = 0;
  const found: { readonly hash: number; readonly place: Place }[] = [];
  for (const hash of new Set(hashes)) {
    const there = change.set.has(hash);
    if (base.has(hash)) {
      if (there) old++;
      continue;
    }
    novel++;
    if (there) for (const place of change.places(hash)) found.push({ hash, place });
  }
  const near = together(found, Math.max(2 * lines, lines + 12));
  const shared = new Set(near.map(({ hash }) => hash)).size;
  return { channel: change.channel, novel, old, shared, places: near.map(({ place }) => place) };
}

/**
 * Those that stand near each other, in one file and within so many lines: of all such groups the one that holds most.
 * What was taken in stands together; what is spread over a change are turns of phrase.
 */
function together<T extends { readonly hash: number; readonly place: Place }>(
  found: readonly T[],
  reach: number,
): readonly T[] {
  const sorted = found.toSorted(
    (a, b) => a.place.file - b.place.file || a.place.from - b.place.from,
  );
  const counts = new Map<number, number>();
  let best: readonly [number, number] = [0, 0];
  let most = 0;
  let start = 0;
  sorted.forEach(({ hash, place }, end) => {
    counts.set(hash, (counts.get(hash) ?? 0) + 1);
    for (
      let first = sorted[start];
      first && isFar(first.place, place, reach);
      first = sorted[start]
    ) {
      drop(counts, first.hash);
      start++;
    }
    if (counts.size > most) {
      most = counts.size;
      best = [start, end + 1];
    }
  });
  return sorted.slice(...best);
}

function isFar(first: Place, last: Place, reach: number): boolean {
  return first.file !== last.file || last.from - first.from >= reach;
}

function drop(counts: Map<number, number>, hash: number): void {
  const count = counts.get(hash) ?? 0;
  if (count > 1) counts.set(hash, count - 1);
  else counts.delete(hash);
}

function likenessOf([exact, abstract]: readonly [Overlap, Overlap]): Likeness {
  const found = [exact, abstract]
    .filter((one) => isEnough(one, exact))
    .sort((a, b) => containment(b) - containment(a))[0];
  if (found) {
    const kind = containment(found) >= strongFrom ? "strong" : "partial";
    const { channel, places } = found;
    return { kind, channel, containment: containment(found), places };
  }
  const repeats = Math.max(exact.novel, abstract.novel) < words.shared;
  const seen = Math.max(exact.old, abstract.old) >= words.shared;
  return { kind: repeats && seen ? "unattributable" : "none" };
}

function containment({ shared, novel }: Overlap): number {
  return shared / (novel || 1);
}

function isEnough(overlap: Overlap, exact: Overlap): boolean {
  const { channel, shared, novel } = overlap;
  const part = containment(overlap);
  if (channel === "exact") return shared >= words.shared && part >= words.containment;
  if (shared >= shapes.shared && part >= shapes.containment) return true;
  const telling = novel >= shapes.telling * exact.novel;
  return telling && shared >= shapes.fewShared && part >= shapes.mostOfFew;
}
