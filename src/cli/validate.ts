import { resolve } from "node:path";
import { readMaskSets } from "../assembly/mask-sets-file.ts";
import { loadConfig } from "../config/file.ts";
import type { Config } from "../config/schema.ts";
import { loadPolicy } from "../policy/file.ts";
import type { Policy } from "../policy/policy.ts";
import { formatProblem, type Problem } from "../yaml/problem.ts";
import { readArguments } from "./arguments.ts";
import type { Command, ExitStatus, Io } from "./command.ts";
import { paperVocabulary } from "./policy-words.ts";
import { type SchemaName, schemaNames, schemaText } from "./schemas.ts";

/** Reads config and policy as `serve` would, and tells everything that is wrong. */
export const validate: Command = {
  name: "validate",
  summary: "check the config and the policy, telling every mistake with its place",
  usage: `[--config FILE] [--policy PATH] [--json] | --schema ${schemaNames.join("|")}`,
  async run(args, io) {
    const read = readArguments(args, {
      config: { type: "string", default: "sallyport.yaml" },
      policy: { type: "string" },
      schema: { type: "string" },
      json: { type: "boolean", default: false },
    });
    if (!read.ok) {
      io.err(read.error);
      return 2;
    }
    const { config, policy, schema, json } = read.value.values;
    if (schema !== undefined) return printSchema(schema, io);
    const report = examine(resolve(io.cwd, config), policy && resolve(io.cwd, policy));
    return json ? tellJson(report, io) : tell(report, io);
  },
};

interface Report {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  readonly config?: Config;
  readonly policy?: Policy;
}

/** The policy is read even where the config is bad, as far as it can be without the config's names. */
function examine(file: string, policyPath: string | undefined): Report {
  const config = loadConfig(file);
  const known = config.ok ? config.value : undefined;
  const path = policyPath ?? known?.policy ?? resolve(file, "..", "policy.yaml");
  const policy = loadPolicy(path, paperVocabulary(known));
  const problems = [
    ...(config.ok ? [] : config.error),
    ...(policy.ok || (!config.ok && isMissing(policy.error)) ? [] : policy.error),
  ];
  const sets = known === undefined ? undefined : readMaskSets(known);
  if (sets?.ok === false) problems.push(...sets.error);
  return {
    problems,
    warnings: [
      ...(policy.ok ? policy.value.warnings : []),
      ...(sets?.ok === true ? sets.value.ignored : []),
    ],
    ...(known === undefined ? {} : { config: known }),
    ...(policy.ok ? { policy: policy.value } : {}),
  };
}

/** Where the config is bad, the policy's own path was only guessed. */
function isMissing(problems: readonly Problem[]): boolean {
  return problems.some(({ message }) => message.startsWith("there is no such file"));
}

function tell({ problems, warnings, config, policy }: Report, io: Io): ExitStatus {
  for (const problem of problems) io.err(formatProblem(problem));
  for (const warning of warnings) io.err(`warning: ${formatProblem(warning)}`);
  if (problems.length > 0 || config === undefined || policy === undefined) return 2;
  for (const line of summary(config)) io.out(line);
  const { rules, digest } = policy;
  io.out(`policy: ${rules.length} rules, digest ${digest}`);
  return 0;
}

function tellJson({ problems, warnings, config, policy }: Report, io: Io): ExitStatus {
  const valid = problems.length === 0;
  io.out(
    JSON.stringify({
      valid,
      problems,
      warnings,
      connections: config === undefined ? [] : connections(config),
      ...(policy === undefined ? {} : { policy: { digest: policy.digest, rules: policy.rules } }),
    }),
  );
  return valid ? 0 : 2;
}

/** Credentials are told by name alone. */
function connections(config: Config): readonly Record<string, unknown>[] {
  return config.connections.map(({ name, kind, hosts, upstream, credential }) => ({
    name,
    kind,
    hosts,
    upstream: upstream.origin,
    credential: credential ?? null,
  }));
}

function summary(config: Config): readonly string[] {
  return config.connections.map(
    ({ name, kind, hosts, upstream, credential }) =>
      `connection ${name} (${kind}): ${hosts.join(", ")} → ${upstream.origin}, ` +
      (credential === undefined ? "no credential" : `credential ${credential}`),
  );
}

function printSchema(name: string, io: Io): ExitStatus {
  const known = schemaNames.find((one) => one === name);
  if (known === undefined) {
    io.err(`--schema takes one of ${schemaNames.join(", ")}.`);
    return 2;
  }
  const schema: SchemaName = known;
  io.out(schemaText(schema));
  return 0;
}
