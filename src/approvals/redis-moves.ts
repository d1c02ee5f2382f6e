import { err, ok, type Result } from "../base/result.ts";
import type { ApprovalId } from "../core/ids.ts";
import type { Approval, Standing } from "./approval.ts";
import type { RedisRecords, Step } from "./redis-records.ts";
import { type Move, type Objection, transition } from "./transition.ts";

/** A move that somebody wants to make. */
export interface Wish {
  readonly id: ApprovalId;
  readonly move: Move;
}

/** What came of it; undefined where somebody was faster, and another look is needed. */
export type Moved = Result<Approval, Objection> | undefined;

/** Makes many moves with one look and one call, one after the other: of two for one approval the first is made. */
export async function moveEach(
  records: RedisRecords,
  wishes: readonly Wish[],
): Promise<readonly Moved[]> {
  const { now, approvals } = await records.look(wishes.map(({ id }) => id));
  const planned = wishes.map(({ move }, i) => planOf(approvals[i], move, now));
  const legal = planned.flatMap((plan) => (plan.ok ? [[plan.value.step]] : []));
  const committed = legal.length === 0 ? [] : await records.commitEach(legal);
  let group = 0;
  return planned.map((plan): Moved => {
    if (!plan.ok) return plan;
    return committed[group++] === "done" ? ok(plan.value.moved) : undefined;
  });
}

interface Plan {
  readonly step: Step;
  readonly moved: Approval;
}

function planOf(before: Approval | undefined, move: Move, now: number): Result<Plan, Objection> {
  if (before === undefined) return err("unknown");
  const after = transition(before, move, now);
  if (!after.ok) return after;
  const moved = { ask: before.ask, standing: after.value };
  return ok({ step: stepOf(before, after.value), moved });
}

/** The step from where this approval stands. */
export function stepOf({ ask, standing }: Approval, after: Standing): Step {
  return { id: ask.id, requester: ask.requester.id, before: standing, after };
}
