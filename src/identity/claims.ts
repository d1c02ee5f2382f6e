import { createHash } from "node:crypto";
import { err, ok, type Result } from "../base/result.ts";
import type { SessionId } from "../core/ids.ts";
import type { Principal, Run } from "../core/principal.ts";
import type { AuthenticationCode } from "./failure.ts";

/** Verified claims of a token. */
export type Claims = Readonly<Record<string, unknown>>;

/** What a configuration asks of claims, whoever issued them. */
export interface ClaimRules {
  readonly name: string;
  readonly require?: Readonly<Record<string, string | readonly string[]>> | undefined;
  readonly groups?: string | undefined;
}

/** The principal of those claims, if they are what the configuration requires. */
export function principalOf(
  rules: ClaimRules,
  claims: Claims,
): Result<Principal, AuthenticationCode> {
  const subject = claims["sub"];
  if (typeof subject !== "string" || subject === "") return err("claim_missing");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control bytes are what it looks for
  if (subject.length > 1024 || /[\u0000-\u001f\u007f]/.test(subject)) return err("malformed");
  const unmet = firstUnmet(rules.require ?? {}, claims);
  if (unmet !== undefined) return err(unmet);
  const run = runOf(claims);
  return ok({
    id: `${rules.name}:${subject}`,
    issuer: rules.name,
    subject,
    groups: rules.groups === undefined ? [] : texts(claimAt(claims, rules.groups)),
    claims,
    ...(run === undefined ? {} : { run }),
  });
}

/**
 * The session of an id token: stable over all tokens of one CI run attempt, else over one sign-in (`jti` or `iat`).
 * `ses_` and 22 URL-safe characters.
 */
export function sessionOf(issuer: string, principal: Principal): SessionId {
  const { run, claims, subject } = principal;
  const parts =
    run === undefined
      ? ["sign-in", issuer, subject, text(claims["jti"]) ?? text(claims["iat"]) ?? ""]
      : ["run", issuer, run.repositoryId, run.runId, run.runAttempt];
  const digest = createHash("sha256").update(JSON.stringify(parts)).digest("base64url");
  return `ses_${digest.slice(0, 22)}` as SessionId;
}

function firstUnmet(
  require: Readonly<Record<string, string | readonly string[]>>,
  claims: Claims,
): AuthenticationCode | undefined {
  for (const [claim, wanted] of Object.entries(require)) {
    const held = texts(claimAt(claims, claim));
    if (held.length === 0) return "claim_missing";
    const accepted = typeof wanted === "string" ? [wanted] : wanted;
    if (!held.some((value) => accepted.includes(value))) return "claim_mismatch";
  }
  return undefined;
}

function claimAt(claims: Claims, name: string): unknown {
  if (!name.startsWith("/")) return own(claims, name);
  const steps = name
    .slice(1)
    .split("/")
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  return steps.reduce<unknown>((value, step) => own(value, step), claims);
}

function own(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Claims)[key];
}

/** A claim's values as text: a list's items, or the one value; what is neither text, number nor truth is left out. */
function texts(value: unknown): readonly string[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.map(text).filter((item) => item !== undefined);
}

function text(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return undefined;
}

/** Names of the claims of a run at each provider; GitHub Actions, then GitLab CI. */
const dialects: readonly Readonly<Record<keyof Run, string>>[] = [
  {
    repository: "repository",
    repositoryId: "repository_id",
    repositoryOwnerId: "repository_owner_id",
    runId: "run_id",
    runAttempt: "run_attempt",
    actor: "actor",
    actorId: "actor_id",
    workflowRef: "workflow_ref",
    jobWorkflowRef: "job_workflow_ref",
    environment: "environment",
    ref: "ref",
  },
  {
    repository: "project_path",
    repositoryId: "project_id",
    repositoryOwnerId: "namespace_id",
    runId: "pipeline_id",
    runAttempt: "job_id",
    actor: "user_login",
    actorId: "user_id",
    workflowRef: "ci_config_ref_uri",
    jobWorkflowRef: "job_config_ref_uri",
    environment: "environment",
    ref: "ref_path",
  },
];

function runOf(claims: Claims): Run | undefined {
  for (const names of dialects) {
    const read = (key: keyof Run) => text(own(claims, names[key])) ?? "";
    if (read("repositoryId") === "" || read("runId") === "") continue;
    return {
      repository: read("repository"),
      repositoryId: read("repositoryId"),
      repositoryOwnerId: read("repositoryOwnerId"),
      runId: read("runId"),
      runAttempt: read("runAttempt"),
      actor: read("actor"),
      actorId: read("actorId"),
      workflowRef: read("workflowRef"),
      jobWorkflowRef: read("jobWorkflowRef"),
      environment: read("environment"),
      ref: read("ref"),
    };
  }
  return undefined;
}
