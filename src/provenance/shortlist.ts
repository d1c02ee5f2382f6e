import { HashSet } from "./hash-set.ts";
import type { Change } from "./match.ts";
import { type Suggestion, shares, unpackAll } from "./suggestion.ts";
import type { Veil } from "./veil.ts";

/** Fewer than two fingerprints in common are never a match, whatever the base tree had. */
const least = 2;

/** Of packed suggestions those that are worth a second look, read: what is left out could not match. */
export function shortlist(
  packed: readonly Buffer[],
  { exact, abstract }: Change,
  veil: Veil,
): readonly Suggestion[] {
  const hidden = {
    exact: new HashSet(veil.hide(exact.hashes)),
    abstract: new HashSet(veil.hide(abstract.hashes)),
  };
  const likely = packed.filter(
    (one) =>
      shares(one, "exact", hidden.exact, least) || shares(one, "abstract", hidden.abstract, least),
  );
  return unpackAll(likely, veil);
}
