import { z } from "zod";
import { edit } from "../../core/outcome.ts";
import { defineAction } from "../action.ts";

const parameters = z.strictObject({
  /** How much is kept for replay: nothing, head and outcome, or both bodies too (masked). */
  level: z.enum(["none", "metadata", "full"]).default("full"),
});

/** `record: { level }`: keeps the exchange for replay. The audit record is written in any case. */
export const recordAction = defineAction("record", parameters, ({ level }) => {
  const outcome = edit({ record: level });
  return { name: "record", stage: "edit", enforce: () => outcome };
});
