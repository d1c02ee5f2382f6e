import type { Change } from "./match.ts";
import { shares } from "./suggestion.ts";

/** Fewer than two fingerprints in common are never a match, whatever the base tree had. */
const least = 2;

/** Of packed suggestions those that are worth a second look: what is left out could not match. */
export function shortlist(packed: readonly Buffer[], { exact, abstract }: Change): Buffer[] {
  return packed.filter(
    (one) => shares(one, "exact", exact.set, least) || shares(one, "abstract", abstract.set, least),
  );
}
