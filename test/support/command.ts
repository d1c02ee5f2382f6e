import { PassThrough, Readable } from "node:stream";
import type { Command, ExitStatus, Io } from "../../src/cli/command.ts";
import { runCommand } from "../../src/cli/index.ts";

/** What a command said, its lines joined, and how it ended. */
export interface Said {
  readonly status: ExitStatus;
  readonly out: string;
  readonly err: string;
}

/** Where a command runs; absent: in an empty environment, with nothing to read. */
export type Place = Pick<Io, "cwd"> & Partial<Pick<Io, "env" | "stdin">>;

/** Runs a command in this process: a new one takes longer than most that they do. */
export async function said(
  command: Pick<Command, "run">,
  args: readonly string[],
  { cwd, env = {}, stdin = Readable.from([]) }: Place,
): Promise<Said> {
  const out: string[] = [];
  const err: string[] = [];
  const status = await command.run(args, {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    env,
    cwd,
    stdin,
    stdout: new PassThrough(),
  });
  return { status, out: out.join("\n"), err: err.join("\n") };
}

/** The same for a whole command line: `sallyport(["ca", "init"], …)`. */
export function sallyport(args: readonly string[], place: Place): Promise<Said> {
  return said({ run: runCommand }, args, place);
}
