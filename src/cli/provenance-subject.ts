import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { err, ok, type Result } from "../base/result.ts";

const run = promisify(execFile);
const commitId = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

/** What of the API is asked about, and which line of it. */
export interface Subject {
  readonly path: string;
  readonly line?: { readonly file: string; readonly number: number };
}

/** A commit by any name that git knows here, a line by `git blame`, or else a session. */
export async function subjectOf(asked: string, cwd: string): Promise<Result<Subject>> {
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
