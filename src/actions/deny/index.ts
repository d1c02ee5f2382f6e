import { z } from "zod";
import { refuse } from "../../core/outcome.ts";
import { defineAction } from "../action.ts";

const parameters = z.strictObject({
  /** What the engineer or the assistant reads: say what to do instead. */
  reason: z.string().min(1).max(500).default("The policy does not allow this."),
});

/** `deny: { reason }`: refuses the whole request in the operator's words. */
export const denyAction = defineAction(
  "deny",
  parameters,
  ({ reason }) => {
    const refusal = refuse("denied", reason);
    return { name: "deny", stage: "refuse", enforce: () => refusal };
  },
  "refuses",
);
