import { z } from "zod";
import { description } from "./description.ts";

const oneCase = z.strictObject({
  /** A sentence that says what is shown. */
  name: z.string().min(1),
  given: description,
  expect: z.strictObject({
    outcome: z.enum(["allow", "approve", "deny"]),
    /** The id of the rule that must be the one to decide; `otherwise` where none does. */
    rule: z.string().min(1),
    /** Rules that would have ruled, had they not only observed. */
    observed: z.array(z.string()).optional(),
    /** Actions that must be ordered, by name, in order. */
    actions: z.array(z.string()).optional(),
  }),
});

/** A file of cases that `policy test` runs. */
export const caseFile = z.strictObject({
  /** The policy that is tested: a path relative to this file. */
  policy: z.string().min(1),
  cases: z.array(oneCase).min(1, "must hold at least one case"),
});

export type Case = z.output<typeof oneCase>;
export type CaseFile = z.output<typeof caseFile>;
