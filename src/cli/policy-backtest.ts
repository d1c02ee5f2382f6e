import { resolve } from "node:path";
import { err, ok, type Result } from "../base/result.ts";
import { type BacktestReport, backtest, type Change } from "../policy/cases/backtest.ts";
import { loadPolicy } from "../policy/file.ts";
import type { Policy } from "../policy/policy.ts";
import { formatProblem } from "../yaml/problem.ts";
import { readArguments } from "./arguments.ts";
import type { Command, ExitStatus, Io } from "./command.ts";
import { type PolicyWords, policyWords } from "./policy-words.ts";
import { readSessions, type Sessions } from "./recorded-sessions.ts";

/** What a changed policy would have made of recorded exchanges. */
export const policyBacktest: Command = {
  name: "policy backtest",
  summary: "judge recorded exchanges by a policy, and tell what would now go another way",
  usage:
    "--policy PATH --sessions ID|PATH… [--against PATH] [--config FILE] [--fail-on blocked=N|N%,parked=…,allowed=…] [--json]",
  async run(args, io) {
    const read = readArguments(args, {
      config: { type: "string" },
      policy: { type: "string" },
      against: { type: "string" },
      sessions: { type: "string", multiple: true },
      "fail-on": { type: "string" },
      json: { type: "boolean", default: false },
    });
    const wanted = read.ok ? optionsOf(read.value.values, read.value.positionals) : read;
    if (!wanted.ok) {
      io.err(wanted.error);
      return 2;
    }
    const words = policyWords(wanted.value.config, io);
    if (words === undefined) return 2;
    const parts = await gather(wanted.value, words, io);
    if (!parts.ok) {
      for (const line of parts.error) io.err(line);
      return 2;
    }
    const { policy, against, sessions } = parts.value;
    const report = backtest(policy, sessions.exchanges, against);
    return tell(report, sessions.skipped, wanted.value, io);
  },
};

interface Options {
  readonly config?: string;
  readonly policy: string;
  readonly against?: string;
  readonly sessions: readonly string[];
  readonly thresholds: readonly Threshold[];
  readonly json: boolean;
}

/** More changes of that kind than this are a failure. */
interface Threshold {
  readonly change: Change;
  readonly most: number;
  readonly percent: boolean;
}

function optionsOf(
  values: {
    readonly config?: string | undefined;
    readonly policy?: string | undefined;
    readonly against?: string | undefined;
    readonly sessions?: string[] | undefined;
    readonly "fail-on"?: string | undefined;
    readonly json: boolean;
  },
  more: readonly string[],
): Result<Options> {
  const { config, policy, against, json } = values;
  const sessions = [...(values.sessions ?? []), ...more];
  if (policy === undefined || sessions.length === 0)
    return err("Name the policy and the recorded sessions: --policy PATH --sessions PATH…");
  const thresholds = (values["fail-on"]?.split(",") ?? []).map(thresholdOf);
  if (thresholds.includes(undefined))
    return err("--fail-on takes blocked=, parked= or allowed= and a number, or a number and %");
  return ok({
    ...(config === undefined ? {} : { config }),
    ...(against === undefined ? {} : { against }),
    policy,
    sessions,
    json,
    thresholds: thresholds.filter((threshold) => threshold !== undefined),
  });
}

function thresholdOf(text: string): Threshold | undefined {
  const [, word, amount = "", sign] =
    /^(blocked|parked|allowed)=(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? [];
  const change = (["blocked", "parked", "allowed"] as const).find((known) => known === word);
  return change === undefined ? undefined : { change, most: Number(amount), percent: sign === "%" };
}

interface Parts {
  readonly policy: Policy;
  readonly against?: Policy;
  readonly sessions: Sessions;
}

async function gather(
  options: Options,
  { vocabulary, config }: PolicyWords,
  io: Io,
): Promise<Result<Parts, readonly string[]>> {
  const load = (path: string) => loadPolicy(resolve(io.cwd, path), vocabulary);
  const policy = load(options.policy);
  const against = options.against === undefined ? undefined : load(options.against);
  if (!policy.ok) return err(policy.error.map(formatProblem));
  if (against !== undefined && !against.ok) return err(against.error.map(formatProblem));
  try {
    const sessions = await readSessions(options.sessions, { config, io });
    const before = against === undefined ? {} : { against: against.value };
    return ok({ policy: policy.value, sessions, ...before });
  } catch {
    return err(["The recorded sessions cannot be read."]);
  }
}

function tell(report: BacktestReport, skipped: number, options: Options, io: Io): ExitStatus {
  const exceeded = options.thresholds.filter(
    ({ change, most, percent }) =>
      report.changed[change] > (percent ? (most / 100) * report.exchanges : most),
  );
  if (options.json)
    io.out(JSON.stringify({ ...report, skipped, exceeded: exceeded.map(({ change }) => change) }));
  else for (const line of table(report, skipped)) io.out(line);
  for (const { change, most, percent } of exceeded)
    io.err(`More than ${most}${percent ? "%" : ""} of the exchanges would now be ${change}.`);
  return exceeded.length > 0 ? 1 : 0;
}

function table(report: BacktestReport, skipped: number): readonly string[] {
  const { exchanges, now, changed, uncertain, changes } = report;
  return [
    `exchanges ${exchanges}, not judged ${skipped}, uncertain for want of body, headers or claims ${uncertain}`,
    "          now  changed",
    ...(["allowed", "parked", "blocked"] as const).map(
      (word) => `${word.padEnd(8)}${pad(now[word])}${pad(changed[word], 9)}`,
    ),
    `masked  ${pad(now.masked)}`,
    ...changes.map(
      ({ id, before, now: after, rule, operations, certain }) =>
        `${id}  ${before} → ${after} by ${rule}${certain ? "" : " ?"}  ${operations.join("; ")}`,
    ),
  ];
}

function pad(value: number, width = 5): string {
  return String(value).padStart(width);
}
