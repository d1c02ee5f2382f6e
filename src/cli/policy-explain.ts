import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { err, ok, type Result } from "../base/result.ts";
import type { Facts } from "../core/facts.ts";
import { describedFacts, description } from "../policy/cases/description.ts";
import { outcomeOf } from "../policy/cases/outcome.ts";
import type { Explanation, Missing, Trial } from "../policy/explain.ts";
import { loadPolicy } from "../policy/file.ts";
import type { Policy } from "../policy/policy.ts";
import { check } from "../yaml/check.ts";
import { readDocument } from "../yaml/document.ts";
import { formatProblem } from "../yaml/problem.ts";
import { readArguments } from "./arguments.ts";
import type { Command, ExitStatus, Io } from "./command.ts";
import { type PolicyWords, policyWords } from "./policy-words.ts";
import { readSessions } from "./recorded-sessions.ts";

/** Why a request is ruled as it is: every rule that is tried, and what fails. */
export const policyExplain: Command = {
  name: "policy explain",
  summary: "tell which rules are tried for one request, and which condition fails and why",
  usage: "[--config FILE] [--policy PATH] (--given FILE | --record ID [--sessions PATH…]) [--json]",
  async run(args, io) {
    const read = readArguments(args, {
      config: { type: "string" },
      policy: { type: "string" },
      given: { type: "string" },
      record: { type: "string" },
      sessions: { type: "string", multiple: true },
      json: { type: "boolean", default: false },
    });
    if (!read.ok) {
      io.err(read.error);
      return 2;
    }
    const { values } = read.value;
    const words = policyWords(values.config, io);
    if (words === undefined) return 2;
    const named = values.policy ?? words.config?.policy ?? "policy.yaml";
    const policy = loadPolicy(resolve(io.cwd, named), words.vocabulary);
    const asked = await readAsked(values, words, io);
    if (policy.ok && asked.ok) return tell(policy.value, asked.value, values.json, io);
    const problems = policy.ok ? [] : policy.error.map(formatProblem);
    for (const line of [...problems, ...(asked.ok ? [] : asked.error)]) io.err(line);
    return 2;
  },
};

interface Asked {
  readonly facts: Facts;
  readonly missing: Missing;
}

interface Wanted {
  readonly given?: string | undefined;
  readonly record?: string | undefined;
  readonly sessions?: readonly string[] | undefined;
}

async function readAsked(
  { given, record, sessions }: Wanted,
  { config }: PolicyWords,
  io: Io,
): Promise<Result<Asked, readonly string[]>> {
  if (given !== undefined && record === undefined) return readGiven(given, io);
  const paths = sessions ?? (config === undefined ? [] : [config.audit.dir]);
  if (given !== undefined || record === undefined || paths.length === 0)
    return err(["Name one request: --given FILE, or --record ID with --sessions PATH."]);
  try {
    const { exchanges } = await readSessions(paths, { config, io });
    const exchange = exchanges.find(({ id }) => id === record);
    return exchange === undefined ? err(["There is no such record to judge there."]) : ok(exchange);
  } catch {
    return err(["The recorded sessions cannot be read."]);
  }
}

function readGiven(file: string, io: Io): Result<Asked, readonly string[]> {
  let text: string;
  try {
    text = readFileSync(file === "-" ? 0 : resolve(io.cwd, file), "utf8");
  } catch {
    return err([`${file} cannot be read.`]);
  }
  const document = readDocument(file, text);
  const described = document.ok ? check(document.value, description) : document;
  if (!described.ok) return err(described.error.map(formatProblem));
  return ok({ facts: describedFacts(described.value), missing: new Set() });
}

function tell(policy: Policy, { facts, missing }: Asked, json: boolean, io: Io): ExitStatus {
  const explanations = policy.explain(facts, missing);
  const whole = outcomeOf(explanations);
  if (json) io.out(JSON.stringify({ ...whole, explanations }));
  else {
    for (const line of explanations.flatMap(lines)) io.out(line);
    io.out(`The request: ${whole.outcome}, by ${whole.rule}.`);
  }
  return whole.outcome === "deny" ? 1 : 0;
}

function lines(explanation: Explanation): readonly string[] {
  const { operation, trials, rule, effect, actions, certain } = explanation;
  const doubt = certain ? "" : " (the recording lacks what could change this)";
  return [
    `${operation.name} on ${operation.resource}`,
    ...trials.map((trial) => `  ${trialLine(trial)}`),
    `  → ${effect} by ${rule}: ${actions.join(", ")}${doubt}`,
  ];
}

function trialLine({ rule, mode, result, because }: Trial): string {
  const observing = mode === "observe" ? " (only observes)" : "";
  if (because === undefined) return `${rule}${observing} matches`;
  const verb = result === "missed" ? "does not match" : "cannot be told";
  return `${rule}${observing} ${verb}: ${because.condition} is ${because.found}`;
}
