import { approvalView } from "../api/approval-view.ts";
import { parseApprovalId } from "../core/ids.ts";
import { callApi, callerOptions, callerUsage, refused } from "./approvals-client.ts";
import { pageOf } from "./approvals-text.ts";
import { readArguments } from "./arguments.ts";
import type { Command, ExitStatus, Io } from "./command.ts";

/** `approvals show ID`: all that an approver should read. */
export const approvalsShow: Command = {
  name: "approvals show",
  summary: "Show one request that waits, or waited, for a person",
  usage: `ID ${callerUsage}`,
  run: (args, io) => one(args, io, undefined),
};

/** `approvals approve ID`. */
export const approvalsApprove = word("approve", "Say yes: the request goes through, once");

/** `approvals deny ID`. */
export const approvalsDeny = word("deny", "Say no, which settles it");

function word(verb: "approve" | "deny", summary: string): Command {
  const more = verb === "approve" ? " [--break-glass] [--grant session|resource --for 1h]" : "";
  return {
    name: `approvals ${verb}`,
    summary,
    usage: `ID [--reason TEXT]${more} ${callerUsage}`,
    run: (args, io) => one(args, io, verb),
  };
}

const wordOptions = {
  reason: { type: "string" },
  "break-glass": { type: "boolean" },
  grant: { type: "string" },
  for: { type: "string" },
} as const;

async function one(
  args: readonly string[],
  io: Io,
  verb: "approve" | "deny" | undefined,
): Promise<ExitStatus> {
  const read = readArguments(args, {
    ...callerOptions,
    ...(verb === undefined ? {} : wordOptions),
  });
  if (!read.ok) return usage(io, read.error);
  const { positionals, values } = read.value;
  const id = parseApprovalId(positionals[0] ?? "");
  if (id === undefined || positionals.length !== 1)
    return usage(io, "name one approval by its id, which starts with apr_");
  const body = verb === undefined ? undefined : bodyOf(verb, values);
  const answer = await callApi(verb === undefined ? `/${id}` : `/${id}/${verb}`, values, io, body);
  const no = refused(answer, io);
  if (no !== undefined || !answer.ok) return no ?? 2;
  const lines = values.json
    ? [JSON.stringify(answer.value.body)]
    : pageOf(approvalView.parse(answer.value.body));
  for (const line of lines) io.out(line);
  return 0;
}

function bodyOf(
  verb: "approve" | "deny",
  values: Readonly<Record<string, string | boolean | undefined>>,
): object {
  const { reason, grant } = values;
  return {
    ...(reason === undefined ? {} : { reason }),
    ...(values["break-glass"] === true && verb === "approve" ? { breakGlass: true } : {}),
    ...(grant === undefined ? {} : { grant: { scope: grant, for: values["for"] ?? "1h" } }),
  };
}

function usage(io: Io, message: string): ExitStatus {
  io.err(message);
  return 2;
}
