import { z } from "zod";
import { proceed } from "../../core/outcome.ts";
import { defineAction } from "../action.ts";

const parameters = z.strictObject({
  /** How much is kept for replay: nothing, head and outcome, or both bodies too (masked). */
  level: z.enum(["none", "metadata", "full"]).default("full"),
  /** The unmasked bytes too, under keys that only two people together hold (`recording.raw`). */
  raw: z.boolean().default(false),
  /** How long: a class that the config's `recording.retention` names; `default` where absent. */
  class: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/, "must be the name of a retention class")
    .exactOptional(),
});

/**
 * `record: { level, raw, class }`: keeps the exchange for replay, whatever comes of it. The audit record is written in any case.
 */
export const recordAction = defineAction("record", parameters, (keep) => ({
  name: "record",
  stage: "edit",
  keep,
  enforce: () => proceed,
}));
