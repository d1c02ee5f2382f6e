import { z } from "zod";
import { proceed } from "../../core/outcome.ts";
import { defineAction } from "../action.ts";

const parameters = z.strictObject({
  /** How much is kept for replay: nothing, head and outcome, or both bodies too (masked). */
  level: z.enum(["none", "metadata", "full"]).default("full"),
  /** The unmasked bytes too, under keys that only two people together hold (`recording.raw`). */
  raw: z.boolean().default(false),
});

/**
 * `record: { level, raw }`: keeps the exchange for replay, whatever comes of it. The audit record is written in any case.
 */
export const recordAction = defineAction("record", parameters, (keep) => ({
  name: "record",
  stage: "edit",
  keep,
  enforce: () => proceed,
}));
