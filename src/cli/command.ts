/** What a command may touch: tests pass their own. */
export interface Io {
  /** One line to standard output. */
  out(line: string): void;
  /** One line to standard error. */
  err(line: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths are read against it. */
  readonly cwd: string;
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream;
}

/** 0: done; 1: the answer is no (denied, tampered, a failed test); 2: used or configured wrongly. */
export type ExitStatus = 0 | 1 | 2;

/** One word, or two, of the command line (`serve`, `policy test`). */
export interface Command {
  readonly name: string;
  /** One line for `--help`. */
  readonly summary: string;
  /** What `--help` shows after the name: `[--config FILE] [--json]`. */
  readonly usage: string;
  run(args: readonly string[], io: Io): Promise<ExitStatus>;
}
