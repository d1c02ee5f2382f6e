import { approvalPage } from "../api/approval-schemas.ts";
import { approvalStates } from "../approvals/approval.ts";
import { callApi, callerOptions, callerUsage, refused } from "./approvals-client.ts";
import { lineOf } from "./approvals-text.ts";
import { readArguments } from "./arguments.ts";
import type { Command } from "./command.ts";

/** `approvals list`: one line each, newest first; the pending ones where no state is named. */
export const approvalsList: Command = {
  name: "approvals list",
  summary: "List the requests that wait for a person",
  usage: `[--state ${approvalStates.join("|")}|all] ${callerUsage}`,
  run: async (args, io) => {
    const read = readArguments(args, { ...callerOptions, state: { type: "string" } });
    if (!read.ok) {
      io.err(read.error);
      return 2;
    }
    const { state = "pending", json, ...caller } = read.value.values;
    const query = state === "all" ? "" : `?state=${encodeURIComponent(state)}`;
    const answer = await callApi(query, caller, io);
    const no = refused(answer, io);
    if (no !== undefined || !answer.ok) return no ?? 2;
    if (json) {
      io.out(JSON.stringify(answer.value.body));
      return 0;
    }
    const { approvals, before } = approvalPage.parse(answer.value.body);
    if (approvals.length === 0) io.out("There are none.");
    for (const approval of approvals) io.out(lineOf(approval));
    if (before !== undefined) io.out("There are more.");
    return 0;
  },
};
