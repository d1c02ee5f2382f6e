import { z } from "zod";
import { defineAction } from "../../src/actions/action.ts";
import { builtinActions } from "../../src/actions/index.ts";
import { ok } from "../../src/base/result.ts";
import { Secret } from "../../src/base/secret.ts";
import type { Action } from "../../src/core/action.ts";
import { refuse } from "../../src/core/outcome.ts";
import { passThrough } from "../../src/http/transform.ts";
import { duration } from "../../src/yaml/quantity.ts";

/** The actions of the house over parts that do nothing: for tests of what policy decides, not of what comes of it. */
export function paperActions(): readonly Action[] {
  const approve = defineAction(
    "approve",
    z.strictObject({
      by: z.union([z.string(), z.array(z.string())]),
      within: duration.optional(),
    }),
    () => ({ name: "approve", stage: "wait", enforce: () => refuse("approval_pending", "wait") }),
  );
  return builtinActions({
    approve,
    maskers: { ruleSets: ["default", "pii"], masker: () => ({ open: () => passThrough }) },
    credentials: {
      names: ["copilot", "org-app"],
      header: async (name) => ok(new Secret(`Bearer ${name}`)),
    },
    counters: { add: async () => 1 },
  });
}
