import { type ChildProcess, fork } from "node:child_process";
import type { Readable } from "node:stream";
import type { NonEmpty } from "../../base/non-empty.ts";
import { err, type Result } from "../../base/result.ts";
import type { Drain } from "../../extproc/transport.ts";
import type { Begin, Begun, Bound } from "./child-process.ts";
import { type Handler, Line } from "./line.ts";
import { type Pulse, watchPulse } from "./pulse.ts";

/** What happens to a process: it serves; it has ended, and how; it could not be started again. */
export type Change =
  | { readonly kind: "up"; readonly number: number; readonly pid: number }
  | { readonly kind: "gone"; readonly number: number; readonly how: string; readonly again: number }
  | { readonly kind: "failed"; readonly number: number; readonly why: NonEmpty<string> };

export interface MemberOptions {
  /** The program, and its arguments: a process that waits to be told who to be. */
  readonly main: string;
  readonly args: readonly string[];
  readonly begin: Begin;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Take whole lines that the process writes. */
  readonly out: (lines: string) => void;
  readonly err: (lines: string) => void;
  readonly told: (change: Change) => void;
  /** What the process may ask of its supervisor. */
  readonly answers: Readonly<Record<string, Handler>>;
}

const startsWithin = 120_000;
const firstPause = 100;
const longestPause = 10_000;
/** A process that has lived so long ended for a reason of its own, and is started again at once. */
const longLife = 30_000;
/** How much longer than it was given a process may take to end. */
const grace = 15_000;
/** One whose event loop stands still for half a minute answers nobody any more: it is killed, and started again. */
const pulse: Pulse = { every: 5_000, misses: 3 };

/** One of the processes, through all its lives: started again whenever it ends unasked. */
export class Member {
  readonly number: number;
  readonly #options: MemberOptions;
  #child: ChildProcess | undefined;
  #line: Line | undefined;
  #bound: Bound | undefined;
  #up = false;
  #since = 0;
  #pause = firstPause;
  #starts = 0;
  #stopping = false;
  #hung = false;
  #unwatch: () => void = () => undefined;
  #restart: NodeJS.Timeout | undefined;

  constructor(options: MemberOptions) {
    this.number = options.begin.place.number;
    this.#options = options;
  }

  /** Whether it serves, as far as is known. */
  get up(): boolean {
    return this.#up;
  }

  /** How often it was started. */
  get starts(): number {
    return this.#starts;
  }

  get bound(): Bound | undefined {
    return this.#bound;
  }

  /** Starts it; the error says in sentences why it does not serve. From the first success on it is kept alive. */
  async start(): Promise<Result<Bound, NonEmpty<string>>> {
    const begun = await this.#launch();
    if (!begun.ok) return begun;
    this.#bound = begun.value;
    this.#up = true;
    this.#since = performance.now();
    this.#watch();
    this.#options.told({ kind: "up", number: this.number, pid: this.#child?.pid ?? 0 });
    return begun;
  }

  /** Its answer; rejects where it does not answer. */
  ask(what: string, given: unknown, within: number): Promise<unknown> {
    if (this.#line === undefined) return Promise.reject(new Error("it does not run"));
    return this.#line.ask(what, given, within);
  }

  tell(what: string, given: unknown): void {
    this.#line?.tell(what, given);
  }

  /** Drains and ends it; false when it had to be killed. */
  async stop(how: Omit<Drain, "handOver">): Promise<boolean> {
    this.#stopping = true;
    this.#unwatch();
    clearTimeout(this.#restart);
    const child = this.#child;
    if (child === undefined || hasEnded(child)) return true;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    let killed = false;
    const patience = (how.notice ?? 0) + how.deadline + grace;
    const stubborn = setTimeout(() => {
      killed = true;
      child.kill("SIGKILL");
    }, patience);
    this.#line?.tell("stop", how);
    await ended;
    clearTimeout(stubborn);
    return !killed;
  }

  #watch(): void {
    const child = this.#child;
    this.#hung = false;
    this.#unwatch = watchPulse(
      (within) => this.ask("pulse", undefined, within),
      pulse,
      () => {
        this.#hung = true;
        child?.kill("SIGKILL");
      },
    );
  }

  async #launch(): Promise<Begun> {
    const { main, args, env, begin, answers } = this.#options;
    this.#starts += 1;
    const child = fork(main, [...args], {
      env: { ...env },
      serialization: "advanced",
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      // Ctrl-C is for the supervisor, which knows the order in which to stop.
      detached: true,
    });
    this.#child = child;
    relay(child.stdout, this.#options.out);
    relay(child.stderr, this.#options.err);
    const line = new Line(child as never);
    for (const [what, handler] of Object.entries(answers)) line.on(what, handler);
    this.#line = line;
    child.once("error", () => child.emit("exit", null, null));
    child.once("exit", (code, signal) => this.#ended(child, `${signal ?? code ?? "not run"}`));
    const before = this.#bound === undefined ? {} : { before: this.#bound };
    try {
      const begun = (await line.ask("begin", { ...begin, ...before }, startsWithin)) as Begun;
      if (!begun.ok) line.tell("stop", { deadline: 0 });
      return begun;
    } catch (error) {
      child.kill("SIGKILL");
      const why = error instanceof Error ? error.message : "no reason";
      return err([`Process ${this.number} could not start: ${why}.`]);
    }
  }

  #ended(child: ChildProcess, how: string): void {
    if (child !== this.#child) return;
    this.#line = undefined;
    this.#unwatch();
    if (!this.#up) return;
    this.#up = false;
    if (this.#stopping) return;
    if (performance.now() - this.#since > longLife) this.#pause = firstPause;
    const end = this.#hung ? "it hung, and was killed" : how;
    this.#options.told({ kind: "gone", number: this.number, how: end, again: this.#pause });
    this.#plan();
  }

  #plan(): void {
    this.#restart = setTimeout(() => void this.#again(), this.#pause);
    this.#pause = Math.min(this.#pause * 2, longestPause);
  }

  async #again(): Promise<void> {
    if (this.#stopping) return;
    const begun = await this.start();
    if (begun.ok || this.#stopping) return;
    const why = begun.error;
    this.#options.told({ kind: "failed", number: this.number, why });
    this.#plan();
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Hands on whole lines alone: those of several processes go into one pipe, and must not run into one another. */
function relay(from: Readable | null, to: (lines: string) => void): void {
  let rest = "";
  from?.setEncoding("utf8").on("data", (text: string) => {
    const end = text.lastIndexOf("\n");
    if (end < 0) {
      rest += text;
      return;
    }
    to(rest + text.slice(0, end));
    rest = text.slice(end + 1);
  });
  from?.on("end", () => {
    if (rest !== "") to(rest);
  });
}
