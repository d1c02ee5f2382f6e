import { z } from "zod";
import type { Terms } from "../../approvals/approval.ts";
import type { NonEmpty } from "../../base/non-empty.ts";
import { duration } from "../../yaml/quantity.ts";

const eightHours = 8 * 3_600_000;
const person = z
  .string()
  .max(300)
  .regex(/^(group:.+|[^:]+:.+)$/, "must be group:NAME or a principal id, ISSUER:SUBJECT");
const people = z
  .union([person, z.array(person).min(1).max(50)])
  .transform((names): NonEmpty<string> => (typeof names === "string" ? [names] : nonEmpty(names)));
const upTo8h = duration.refine((ms) => ms <= eightHours, "must be 8h at most");

/** What may stand after `approve:` in a policy file. */
export const parameters = z.strictObject({
  /** Who may approve: `group:NAME`, a principal id, or a list of them. The requester never may. */
  by: people,
  /** How many different people must say yes. */
  count: z.int().min(1).max(10).default(1),
  /** How long people have; afterwards it counts as denied. */
  within: duration.optional(),
  /** How long the client is held before it is told to come back. */
  hold: duration.optional(),
  reason: z.enum(["required", "optional"]).default("optional"),
  /** What a client that hangs up means: `cancel` its ask, or `keep` it for the retry. */
  onLeave: z.enum(["cancel", "keep"]).optional(),
  /** Other people, two at least, who may open it in an emergency: with a reason, for a short time, to be reviewed. */
  breakGlass: z
    .strictObject({
      by: people,
      count: z.int().min(2).max(10).default(2),
      within: upTo8h.default(3_600_000),
    })
    .optional(),
  /** What an approver may allow beyond this one request: the rest of the session, or this rule on this resource. */
  grants: z
    .strictObject({
      scopes: z
        .array(z.enum(["session", "resource"]))
        .min(1)
        .default(["session"]),
      upTo: upTo8h.default(eightHours),
    })
    .optional(),
});

export function termsOf(read: z.output<typeof parameters>): Terms {
  const { by, count, reason, breakGlass, grants } = read;
  return {
    by,
    count,
    reason,
    ...(breakGlass === undefined ? {} : { breakGlass }),
    ...(grants === undefined ? {} : { grants }),
  };
}

function nonEmpty(names: readonly string[]): NonEmpty<string> {
  const [first = "", ...rest] = names;
  return [first, ...rest];
}
