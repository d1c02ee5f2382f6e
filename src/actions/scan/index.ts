import { z } from "zod";
import type { Look, Masker, Sighting } from "../../core/finding.ts";
import { proceed, refuse } from "../../core/outcome.ts";
import type { Action } from "../action.ts";
import { defineAction } from "../action.ts";
import type { Maskers } from "../mask/index.ts";

/** The longest place that is told, in characters. */
const longestPlace = 120;

/**
 * `scan: { rules, reason }`: refuses a request that carries a secret, or of which not all could be read. The words name
 * rule, place and mark, never the value.
 */
export function scanAction(maskers: Maskers): Action {
  const ruleSet = z.enum(maskers.ruleSets);
  const parameters = z.strictObject({
    rules: z.union([ruleSet, z.array(ruleSet).min(1)]).default("default"),
    /** What the engineer or the assistant reads after what was found: say what to do instead. */
    reason: z
      .string()
      .min(1)
      .max(500)
      .default("Take it out of all that you send, every commit included, and rotate it."),
  });
  return defineAction("scan", parameters, ({ rules, reason }) => {
    const masker = maskers.masker(typeof rules === "string" ? [rules] : rules, "mark");
    return {
      name: "scan",
      stage: "refuse",
      enforce: async ({ look }) => {
        if (look === undefined)
          return refuse("unavailable", "Sallyport cannot look for secrets in this request.");
        const looked = await look(masker);
        if (looked.kind === "unreadable")
          return refuse("denied", `Not all of this could be read for secrets: ${looked.reason}.`);
        return looked.count === 0 ? proceed : refuse("denied", `${told(looked, masker)} ${reason}`);
      },
    };
  });
}

function told({ sightings, count }: Look & { readonly kind: "read" }, masker: Masker): string {
  const list = sightings.map((sighting) => oneOf(sighting, masker));
  const more = count - sightings.length;
  const rest = more > 0 ? ` and ${more} more` : "";
  return `This holds ${count === 1 ? "a secret" : "secrets"}: ${list.join(", ")}${rest}.`;
}

/** The sender chose the place: it is masked, and told without what a terminal would obey. */
function oneOf({ finding, place }: Sighting, masker: Masker): string {
  const transform = masker.open("place", () => undefined);
  const first = transform.write(Buffer.from(place));
  const masked = Buffer.concat([first, transform.flush()]).toString("utf8");
  const letters = [...masked.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, "?")];
  const cut = letters.length > longestPlace ? `…${letters.slice(-longestPlace).join("")}` : masked;
  return `${finding.rule} in ${letters.length > longestPlace ? cut : letters.join("")} ([REDACTED:${finding.rule}:${finding.fingerprint}])`;
}
