import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { err, ok, type Result } from "../base/result.ts";
import type { Facts } from "../core/facts.ts";
import { describedFacts, description } from "../policy/cases/description.ts";
import { outcomeOf } from "../policy/cases/outcome.ts";
import { readRecorded } from "../policy/cases/recorded.ts";
import type { Explanation, Missing, Trial } from "../policy/explain.ts";
import { loadPolicy } from "../policy/file.ts";
import type { Policy } from "../policy/policy.ts";
import { check } from "../yaml/check.ts";
import { readDocument } from "../yaml/document.ts";
import { formatProblem } from "../yaml/problem.ts";
import { readArguments } from "./arguments.ts";
import type { Command, ExitStatus, Io } from "./command.ts";
import { policyWords } from "./policy-words.ts";

/** Why a request is ruled as it is: every rule that is tried, and what fails. */
export const policyExplain: Command = {
  name: "policy explain",
  summary: "tell which rules are tried for one request, and which condition fails and why",
  usage: "[--config FILE] [--policy PATH] (--given FILE | --recorded FILE) [--json]",
  async run(args, io) {
    const read = readArguments(args, {
      config: { type: "string" },
      policy: { type: "string" },
      given: { type: "string" },
      recorded: { type: "string" },
      json: { type: "boolean", default: false },
    });
    if (!read.ok) {
      io.err(read.error);
      return 2;
    }
    const { config, policy: path, given, recorded, json } = read.value.values;
    if ((given === undefined) === (recorded === undefined)) {
      io.err("Name one request: --given FILE (YAML) or --recorded FILE (JSON).");
      return 2;
    }
    const words = policyWords(config, io);
    if (words === undefined) return 2;
    const named = path ?? words.config?.policy ?? "policy.yaml";
    const policy = loadPolicy(resolve(io.cwd, named), words.vocabulary);
    const request = readRequest(given, recorded, io);
    if (policy.ok && request.ok) return tell(policy.value, request.value, json, io);
    const complaints = [
      policy.ok ? [] : policy.error.map(formatProblem),
      request.ok ? [] : request.error,
    ];
    for (const line of complaints.flat()) io.err(line);
    return 2;
  },
};

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

interface Asked {
  readonly facts: Facts;
  readonly missing: Missing;
}

function readRequest(
  given: string | undefined,
  recorded: string | undefined,
  io: Io,
): Result<Asked, readonly string[]> {
  const file = given ?? recorded ?? "";
  let text: string;
  try {
    text = readFileSync(file === "-" ? 0 : resolve(io.cwd, file), "utf8");
  } catch {
    return err([`${file} cannot be read.`]);
  }
  const document = readDocument(file, text);
  if (!document.ok) return err(document.error.map(formatProblem));
  if (given === undefined) {
    const exchange = readRecorded(document.value.value);
    return exchange.ok ? exchange : err([`${file} is not a recorded exchange: ${exchange.error}`]);
  }
  const described = check(document.value, description);
  if (!described.ok) return err(described.error.map(formatProblem));
  return ok({ facts: describedFacts(described.value), missing: new Set() });
}

function lines({
  operation,
  trials,
  rule,
  effect,
  actions,
  certain,
}: Explanation): readonly string[] {
  return [
    `${operation.name} on ${operation.resource}`,
    ...trials.map((trial) => `  ${trialLine(trial)}`),
    `  → ${effect} by ${rule}: ${actions.join(", ")}${certain ? "" : " (the recording lacks what could change this)"}`,
  ];
}

function trialLine({ rule, mode, result, because }: Trial): string {
  const observing = mode === "observe" ? " (only observes)" : "";
  if (because === undefined) return `${rule}${observing} matches`;
  const verb = result === "missed" ? "does not match" : "cannot be told";
  return `${rule}${observing} ${verb}: ${because.condition} is ${because.found}`;
}
