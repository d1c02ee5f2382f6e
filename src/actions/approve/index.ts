import type { z } from "zod";
import type { Approvals, Order } from "../../approvals/approvals.ts";
import type { Action } from "../action.ts";
import { defineAction } from "../action.ts";
import { clientHold, leavesForGood } from "./client.ts";
import { parameters, termsOf } from "./parameters.ts";

/** `approve: { by, … }`: holds the request until the people named there have said yes, and lets it through once. */
export function approveAction(approvals: Pick<Approvals, "park">): Action {
  return defineAction("approve", parameters, (read: z.output<typeof parameters>) => {
    const terms = termsOf(read);
    return {
      name: "approve",
      stage: "wait",
      enforce: async (facts, ruling) => {
        const hold = read.hold ?? clientHold(ruling.operation);
        const order: Order = {
          terms,
          onLeave: read.onLeave ?? (leavesForGood(ruling.operation) ? "cancel" : "keep"),
          ...(hold === undefined ? {} : { hold }),
          ...(read.within === undefined ? {} : { within: read.within }),
        };
        return approvals.park(facts, ruling, order);
      },
    };
  });
}
