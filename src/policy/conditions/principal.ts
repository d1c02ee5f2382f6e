import type { Principal } from "../../core/principal.ts";
import type { Path } from "../../yaml/document.ts";
import { type Condition, quantify } from "../condition.ts";
import { caselessGlob } from "../pattern.ts";
import type { PrincipalTest, When } from "../schema.ts";
import { bindPatterns, type Scope } from "../scope.ts";
import { bindScalars } from "./scalars.ts";

type Field = Exclude<keyof PrincipalTest, "claims">;

/** Where each field is found. What a principal does not have matches nothing. */
const fields: Readonly<Record<Field, (principal: Principal) => readonly (string | undefined)[]>> = {
  id: ({ id }) => [id],
  issuer: ({ issuer }) => [issuer],
  subject: ({ subject }) => [subject],
  groups: ({ groups }) => groups,
  repository: ({ run }) => [run?.repository],
  repositoryId: ({ run }) => [run?.repositoryId],
  repositoryOwnerId: ({ run }) => [run?.repositoryOwnerId],
  environment: ({ run }) => [run?.environment],
  ref: ({ run }) => [run?.ref],
  actor: ({ run }) => [run?.actor],
  actorId: ({ run }) => [run?.actorId],
  workflowRef: ({ run }) => [run?.workflowRef],
  jobWorkflowRef: ({ run }) => [run?.jobWorkflowRef],
};

/** Names that GitHub compares without case. */
const caseless: ReadonlySet<string> = new Set(["repository", "actor"]);

/** Who asks. To be in one of the groups is enough, whatever the rule orders. */
export function principalConditions(scope: Scope, path: Path, when: When): readonly Condition[] {
  const { claims = {}, ...tests } = when.principal ?? {};
  const conditions: Condition[] = [];
  for (const [name, patterns] of Object.entries(tests)) {
    if (patterns === undefined) continue;
    const read = fields[name as Field];
    const place = [...path, "principal", name];
    const matches = caseless.has(name)
      ? bindPatterns(scope, place, patterns, caselessGlob)
      : bindPatterns(scope, place, patterns);
    conditions.push({
      name: `principal.${name}`,
      test: ({ facts }) =>
        read(facts.principal).some((value) => value !== undefined && matches(value)),
      found: ({ facts }) => read(facts.principal).join(", ") || "not there",
    });
  }
  for (const [name, scalars] of Object.entries(claims)) {
    const matches = bindScalars(scope, [...path, "principal", "claims", name], scalars);
    conditions.push({
      name: `principal.claims.${name}`,
      reads: ["claims"],
      test: ({ facts }) => quantify("some", claim(facts.principal, name), matches),
      found: ({ facts }) =>
        claim(facts.principal, name).length === 0 ? "not there" : "another value",
    });
  }
  return conditions;
}

function claim(principal: Principal, name: string): readonly unknown[] {
  const value = Object.hasOwn(principal.claims, name) ? principal.claims[name] : undefined;
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
