import { z } from "zod";
import { duration, size } from "../yaml/quantity.ts";
import { name } from "./name.ts";
import { path, secretReference } from "./reference.ts";

/** Names that the gateway's own rule sets have. */
export const builtinRuleSets = ["default", "pii"] as const;

/** What is masked beyond the gateway's own rules. */
export function masking(folder: string) {
  const setName = name.refine(
    (text) => !builtinRuleSets.some((taken) => taken === text),
    "is the name of one of the gateway's own rule sets",
  );
  return z.strictObject({
    /** More rule sets, which policy then names as it names `default`: in our YAML, or as a `gitleaks.toml`. */
    sets: z
      .array(
        z.union([
          z.strictObject({ name: setName, rules: path(folder) }),
          z.strictObject({ name: setName, gitleaks: path(folder) }),
        ]),
      )
      .default([]),
    /** These very values are masked in every response, in every encoding, whatever policy says. */
    values: z.array(secretReference(folder)).default([]),
    /** What is kept of a session whose secrets rules mask reversibly: how long after its last use, how many, how much. */
    placeholders: z
      .strictObject({
        lifetime: duration.prefault("24h"),
        values: z.int().min(1).max(1024).default(128),
        bytes: size.prefault("16KiB"),
      })
      .prefault({}),
  });
}
