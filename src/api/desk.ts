import type { Approval } from "../approvals/approval.ts";
import type { Approvals, Word } from "../approvals/approvals.ts";
import { type Approver, approverOf } from "../approvals/approver.ts";
import { type Place, placeOf } from "../approvals/place.ts";
import type { ApprovalQuery, Change } from "../approvals/store.ts";
import { err, ok, type Result } from "../base/result.ts";
import { parseApprovalId } from "../core/ids.ts";
import type { Principal } from "../core/principal.ts";
import { maySee } from "./approval-view.ts";
import { problemOf } from "./objection.ts";
import type { Problem } from "./problem.ts";

/** What a person wants to say; who they are is added from their identity. */
export type Saying = Word extends infer W ? (W extends Word ? Omit<W, "by"> : never) : never;

/** The approvals as one caller may see and use them; the API and the console both stand on it. */
export interface Desk {
  /** Those that the caller may see, newest first, and where the next page starts. */
  list(
    caller: Principal,
    query: ApprovalQuery,
  ): Promise<{ readonly approvals: readonly Approval[]; readonly before?: Place }>;
  show(caller: Principal, id: string): Promise<Result<Approval, Problem>>;
  say(caller: Principal, id: string, saying: Saying): Promise<Result<Approval, Problem>>;
  /** Calls back for each change of an approval that the caller may see. */
  watch(caller: Principal, listener: (change: Change) => void): () => void;
}

/** `viewers` (`group:name` or principal ids) may see every approval, which lets them decide nothing. */
export function createDesk(approvals: Approvals, viewers: readonly string[]): Desk {
  const find = async (caller: Principal, text: string): Promise<Result<Approval, Problem>> => {
    const id = parseApprovalId(text);
    const approval = id === undefined ? undefined : await approvals.get(id);
    if (approval === undefined) return err(problemOf("unknown"));
    return maySee(approval, caller, viewers) ? ok(approval) : err(problemOf("not_entitled"));
  };
  return {
    async list(caller, query) {
      const found = await approvals.list(query);
      const last = found.at(-1);
      return {
        approvals: found.filter((approval) => maySee(approval, caller, viewers)),
        ...(last === undefined || found.length < (query.limit ?? 200)
          ? {}
          : { before: placeOf(last) }),
      };
    },
    show: find,
    async say(caller, text, saying) {
      const approval = await find(caller, text);
      if (!approval.ok) return approval;
      const said = await approvals.say(approval.value.ask.id, wordOf(saying, approverOf(caller)));
      return said.ok ? said : err(problemOf(said.error));
    },
    watch(caller, listener) {
      return approvals.watch((change) => {
        approvals.get(change.id).then(
          (approval) => {
            if (approval !== undefined && maySee(approval, caller, viewers)) listener(change);
          },
          () => undefined,
        );
      });
    },
  };
}

function wordOf(saying: Saying, by: Approver): Word {
  return { ...saying, by };
}
