import { z } from "zod";
import { approvalStates } from "../approvals/approval.ts";
import { parsePlace } from "../approvals/place.ts";
import { duration } from "../yaml/quantity.ts";
import { approvalView } from "./approval-view.ts";

const reason = z.string().trim().max(2000).default("").meta({ description: "for the record" });

export const approveBody = z
  .strictObject({
    reason,
    breakGlass: z.boolean().default(false).meta({ description: "opens it in an emergency" }),
    grant: z
      .strictObject({
        scope: z.enum(["session", "resource"]),
        for: duration.meta({ description: "such as 30m or 8h" }),
      })
      .optional()
      .meta({ description: "allows like requests for some time, where the rule offers that" }),
  })
  .meta({ id: "Approve" });

export const denyBody = z.strictObject({ reason }).meta({ id: "Deny" });
export const revokeBody = z.strictObject({}).meta({ id: "Revoke" });
export const reviewBody = z
  .strictObject({ note: z.string().trim().min(1).max(2000) })
  .meta({ id: "Review" });

export const listQuery = z.strictObject({
  state: z.enum(approvalStates).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  before: z
    .string()
    .refine((text) => parsePlace(text) !== undefined, "must be a time, or `before` of a page")
    .optional()
    .meta({
      description: "only those asked before that time, or behind `before` of the page before",
    }),
});

export const approvalPage = z
  .strictObject({
    approvals: z.array(approvalView),
    before: z.string().optional().meta({ description: "present where there may be more" }),
  })
  .meta({ id: "Approvals" });

export const problemDocument = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
  })
  .meta({ id: "Problem", description: "RFC 9457" });
