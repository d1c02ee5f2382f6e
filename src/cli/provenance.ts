import { z } from "zod";
import { visible } from "../approvals/visible.ts";
import { agentTrace } from "../provenance/agent-trace.ts";
import type { AttributedLines, CommitProvenance } from "../provenance/answer.ts";
import { gitNote } from "../provenance/git-note.ts";
import { callApi, callerOptions, callerUsage, refused } from "./approvals-client.ts";
import { readArguments } from "./arguments.ts";
import type { Command, Io } from "./command.ts";
import { type Subject, subjectOf } from "./provenance-subject.ts";

const ofSession = z.object({ commits: z.array(z.custom<CommitProvenance>()) });

/** `provenance COMMIT|FILE:LINE|SESSION`: from lines to the suggestion they came from, and from a session to its commits. */
export const provenance: Command = {
  name: "provenance",
  summary:
    "Tell which suggestion a commit, or a line of it, took in: who asked, which model, what evidence",
  usage: `COMMIT|FILE:LINE|SESSION [--format text|note|agent-trace|in-toto] ${callerUsage}`,
  run: async (args, io) => {
    const read = readArguments(args, {
      ...callerOptions,
      format: { type: "string", default: "text" },
    });
    if (!read.ok) return failed(io, read.error);
    const { positionals, values } = read.value;
    const [asked] = positionals;
    if (asked === undefined || positionals.length > 1)
      return failed(io, "Name one commit, FILE:LINE, or session.");
    if (!["text", "note", "agent-trace", "in-toto"].includes(values.format))
      return failed(io, "--format is text, note, agent-trace or in-toto.");
    const subject = await subjectOf(asked, io.cwd);
    if (!subject.ok) return failed(io, subject.error);
    const path = pathFor(subject.value.path, values.format);
    if (path === undefined) return failed(io, "A statement is made of a commit, not of a session.");
    const answer = await callApi(path, values, io, undefined, "provenance");
    const no = refused(answer, io);
    if (no !== undefined || !answer.ok) return no ?? 2;
    for (const said of shown(answer.value.body, values, subject.value)) io.out(said);
    return 0;
  },
};

/** Where to ask for that form; nowhere for a statement of a session. */
function pathFor(path: string, format: string): string | undefined {
  if (format !== "in-toto") return path;
  return path.startsWith("/commits/") ? `${path}/statement` : undefined;
}

function shown(
  body: unknown,
  { json, format }: { readonly json?: boolean | undefined; readonly format: string },
  { path, line }: Subject,
): readonly string[] {
  if (format === "in-toto") return [JSON.stringify(body)];
  if (json || path.startsWith("/sessions"))
    return json ? [JSON.stringify(body)] : told(body, line).map(visible);
  const found = body as CommitProvenance;
  if (format === "note") return [gitNote(found)];
  return format === "agent-trace"
    ? [JSON.stringify(agentTrace(found))]
    : told(body, line).map(visible);
}

function failed(io: Io, message: string): 2 {
  io.err(message);
  return 2;
}

function told(body: unknown, line: Subject["line"]): readonly string[] {
  const session = ofSession.safeParse(body);
  if (session.success) {
    const { commits } = session.data;
    return commits.length === 0
      ? ["No commit of that session is known."]
      : commits.flatMap((one) => [...commitText(one), ""]);
  }
  const found = body as CommitProvenance;
  return line === undefined ? commitText(found) : lineText(found, line);
}

function commitText({
  commit,
  repository,
  seen,
  evidence,
  why,
  added,
  files,
  claims,
}: CommitProvenance): readonly string[] {
  return [
    `${commit}  ${repository}`,
    `  evidence: ${evidence}. ${why}`,
    ...seen.map(
      ({ kind, record, session, actor, principal, at }) =>
        `  ${kind} by ${actor ?? principal} at ${new Date(at).toISOString()}, session ${session}${record === undefined ? "" : `, exchange ${record}`}`,
    ),
    `  ${added} lines added in ${files.length} files`,
    ...files.flatMap(({ path, lines }) => lines.map((one) => `  ${path}:${rangeText(one)}`)),
    ...claims.map(({ trailer, value, verdict }) => `  claims "${trailer}: ${value}": ${verdict}`),
  ];
}

function rangeText({
  from,
  to,
  evidence,
  channel,
  containment,
  suggestion,
}: AttributedLines): string {
  const { actor, principal, model, session, record, turn, tool } = suggestion;
  const how = channel === "abstract" ? ", by its shape" : "";
  return [
    `${from}-${to}  ${evidence} (${Math.round(containment * 100)} % of the suggestion${how})`,
    `model ${model ?? "unknown"}`,
    `asked by ${actor ?? principal}`,
    `session ${session}`,
    `exchange ${record}, turn ${turn}${tool === undefined ? "" : `, tool ${tool}`}`,
    `replay: sallyport sessions replay ${session}`,
  ].join("; ");
}

function lineText(
  found: CommitProvenance,
  { file, number }: NonNullable<Subject["line"]>,
): readonly string[] {
  const lines = found.files.find(({ path }) => path === file)?.lines ?? [];
  const here = lines.find(({ from, to }) => from <= number && number <= to);
  const head = `${found.commit}  ${found.repository}`;
  return here === undefined
    ? [
        head,
        `  ${file}:${number}  none of the suggestions is in this line. Of the commit: ${found.evidence}. ${found.why}`,
      ]
    : [head, `  ${file}:${rangeText(here)}`];
}
