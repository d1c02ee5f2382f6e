import type { NonEmpty } from "../base/non-empty.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { ApprovalId, RecordId } from "../core/ids.ts";
import type { Standing } from "./approval.ts";
import type { RedisRecords, Step } from "./redis-records.ts";
import { type Objection, use } from "./transition.ts";

/** Approvals that an exchange wants to use up, all or none. */
export interface Use {
  readonly ids: NonEmpty<ApprovalId>;
  readonly by: RecordId;
}

/** What came of it; undefined where somebody was faster, and another look is needed. */
export type Used = Result<readonly Standing[], Objection> | undefined;

/** Makes many uses with one look and one call, one after the other: of two that want one approval the first has it. */
export async function useEach(
  records: RedisRecords,
  uses: readonly Use[],
  replicated: () => Promise<void>,
): Promise<readonly Used[]> {
  const seen = await records.standings(uses.flatMap(({ ids }) => ids));
  let at = 0;
  const planned = uses.map((one) => {
    const before = seen.standings.slice(at, at + one.ids.length);
    at += one.ids.length;
    return stepsOf(one, before, seen.now);
  });
  const legal = planned.flatMap((steps) => (steps.ok ? [steps.value] : []));
  const committed = legal.length === 0 ? [] : await records.commitEach(legal);
  if (committed.includes("done")) await replicated();
  let group = 0;
  return planned.map((steps): Used => {
    if (!steps.ok) return steps;
    const done = committed[group++] === "done";
    return done ? ok(steps.value.map(({ after }) => after)) : undefined;
  });
}

function stepsOf(
  { ids, by }: Use,
  standings: readonly (Standing | undefined)[],
  now: number,
): Result<readonly Step[], Objection> {
  const steps: Step[] = [];
  for (const [i, id] of ids.entries()) {
    const before = standings[i];
    if (before === undefined) return err("unknown");
    const moved = use(before, by, now);
    if (!moved.ok) return moved;
    steps.push({ id, before, after: moved.value });
  }
  return ok(steps);
}
