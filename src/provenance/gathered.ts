import { stopwatch } from "../base/stopwatch.ts";
import type { Kept } from "./store.ts";
import { packAll, type Suggestion } from "./suggestion.ts";
import type { Veil } from "./veil.ts";
import type { Placed } from "./witness.ts";

/** Milliseconds of work after which others have their turn. */
const longestTurn = 1;
/** So many fingerprints are veiled in one turn. */
const mostAtOnce = 16_384;

/** What all of these say, packed; one that fails is told of, and the others are asked all the same. */
export async function ask(
  works: readonly (() => readonly Placed[])[],
  { veil, fault }: { readonly veil: Veil; readonly fault: (error: unknown) => void },
): Promise<readonly Kept[]> {
  const placed: Placed[] = [];
  let elapsed = stopwatch();
  for (const work of works) {
    try {
      placed.push(...work());
    } catch (error) {
      fault(error);
    }
    if (elapsed() < longestTurn) continue;
    await new Promise(setImmediate);
    elapsed = stopwatch();
  }
  return packed(placed, veil);
}

async function packed(placed: readonly Placed[], veil: Veil): Promise<readonly Kept[]> {
  const kept: Kept[] = [];
  for (let from = 0; from < placed.length; ) {
    let to = from;
    for (let hashes = 0; to < placed.length && hashes < mostAtOnce; to++)
      hashes += sizeOf(placed[to]?.suggestion);
    const some = placed.slice(from, to);
    const buffers = packAll(
      some.map(({ suggestion }) => suggestion),
      veil,
    );
    buffers.forEach((one, index) => {
      const { scope, suggestion } = some[index] as Placed;
      kept.push({ scope, session: suggestion.session, at: suggestion.at, packed: one });
    });
    from = to;
    if (from < placed.length) await new Promise(setImmediate);
  }
  return kept;
}

function sizeOf(suggestion: Suggestion | undefined): number {
  return suggestion === undefined
    ? 0
    : suggestion.hashes.exact.length + suggestion.hashes.abstract.length;
}
