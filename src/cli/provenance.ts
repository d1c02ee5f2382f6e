import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { z } from "zod";
import { visible } from "../approvals/visible.ts";
import { err, ok, type Result } from "../base/result.ts";
import { agentTrace } from "../provenance/agent-trace.ts";
import type { AttributedLines, CommitProvenance } from "../provenance/answer.ts";
import { gitNote } from "../provenance/git-note.ts";
import { callApi, callerOptions, callerUsage, refused } from "./approvals-client.ts";
import { readArguments } from "./arguments.ts";
import type { Command, Io } from "./command.ts";

const run = promisify(execFile);
const commitId = /^([0-9a-f]{40}|[0-9a-f]{64})$/;
const ofSession = z.object({ commits: z.array(z.custom<CommitProvenance>()) });

/** `provenance COMMIT|FILE:LINE|SESSION`: from lines to the suggestion they came from, and from a session to its commits. */
export const provenance: Command = {
  name: "provenance",
  summary:
    "Tell which suggestion a commit, or a line of it, took in: who asked, which model, what evidence",
  usage: `COMMIT|FILE:LINE|SESSION [--format text|note|agent-trace] ${callerUsage}`,
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
    if (!["text", "note", "agent-trace"].includes(values.format))
      return failed(io, "--format is text, note or agent-trace.");
    const subject = await subjectOf(asked, io.cwd);
    if (!subject.ok) return failed(io, subject.error);
    const answer = await callApi(subject.value.path, values, io, undefined, "provenance");
    const no = refused(answer, io);
    if (no !== undefined || !answer.ok) return no ?? 2;
    for (const said of shown(answer.value.body, values, subject.value)) io.out(said);
    return 0;
  },
};

function shown(
  body: unknown,
  { json, format }: { readonly json?: boolean | undefined; readonly format: string },
  { path, line }: Subject,
): readonly string[] {
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

interface Subject {
  readonly path: string;
  readonly line?: { readonly file: string; readonly number: number };
}

/** A commit by any name that git knows here, a line by `git blame`, or else a session. */
async function subjectOf(asked: string, cwd: string): Promise<Result<Subject>> {
  const [, file = "", number = ""] = /^(.+):(\d+)$/.exec(asked) ?? [];
  const blamed =
    file === ""
      ? undefined
      : await git(cwd, ["blame", "--porcelain", "-L", `${number},${number}`, "--", file]);
  if (blamed !== undefined) {
    const [, commit = "", original = ""] = /^([0-9a-f]{40,64}) (\d+)/.exec(blamed) ?? [];
    const name = /^filename (.*)$/m.exec(blamed)?.[1] ?? file;
    if (/^0+$/.test(commit)) return err(`${asked} has not been committed.`);
    return ok({ path: `/commits/${commit}`, line: { file: name, number: Number(original) } });
  }
  if (commitId.test(asked)) return ok({ path: `/commits/${asked}` });
  const commit = (
    await git(cwd, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${asked}^{commit}`])
  )?.trim();
  if (commit !== undefined && commitId.test(commit)) return ok({ path: `/commits/${commit}` });
  return ok({ path: `/sessions/${encodeURIComponent(asked)}` });
}

async function git(cwd: string, args: readonly string[]): Promise<string | undefined> {
  try {
    return (await run("git", [...args], { cwd, maxBuffer: 16 * 1024 * 1024 })).stdout;
  } catch {
    return undefined;
  }
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
