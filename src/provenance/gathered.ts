import type { Kept } from "./store.ts";
import { packAll, type Suggestion } from "./suggestion.ts";
import type { Veil } from "./veil.ts";
import type { Placed } from "./witness.ts";

/** So many fingerprints are veiled in one turn. */
const mostAtOnce = 16_384;

/** What is kept of all these, made little by little. */
export async function packed(placed: readonly Placed[], veil: Veil): Promise<readonly Kept[]> {
  const kept: Kept[] = [];
  for (let from = 0; from < placed.length; ) {
    let to = from;
    for (let hashes = 0; to < placed.length && hashes < mostAtOnce; to++)
      hashes += sizeOf(placed[to]?.suggestion);
    const some = placed.slice(from, to);
    const buffers = packAll(some.map(suggestionOf), veil);
    for (const [index, { scope, suggestion }] of some.entries()) {
      const { session, at } = suggestion;
      kept.push({ scope, session, at, packed: buffers[index] as Buffer });
    }
    from = to;
    if (from < placed.length) await new Promise(setImmediate);
  }
  return kept;
}

function suggestionOf({ suggestion }: Placed): Suggestion {
  return suggestion;
}

function sizeOf(suggestion: Suggestion | undefined): number {
  return suggestion === undefined
    ? 0
    : suggestion.hashes.exact.length + suggestion.hashes.abstract.length;
}
