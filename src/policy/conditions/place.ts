import type { Path } from "../../yaml/document.ts";
import type { Condition, Subject } from "../condition.ts";
import { caselessGlob } from "../pattern.ts";
import type { When } from "../schema.ts";
import { bindPatterns, type Scope } from "../scope.ts";

/** What is asked and where: the conditions by which rules are indexed, and which depend on nothing else. */
export function placeConditions(scope: Scope, path: Path, when: When): readonly Condition[] {
  const conditions: Condition[] = [];
  const add = (key: "protocol" | "operation" | "connection", read: (s: Subject) => string) => {
    const patterns = when[key];
    if (patterns === undefined) return;
    const matches = bindPatterns(scope, [...path, key], patterns);
    conditions.push({ name: key, test: (subject) => matches(read(subject)), found: read });
  };
  add("protocol", ({ operation }) => operation.protocol);
  add("operation", ({ operation }) => operation.name);
  add("connection", ({ facts }) => facts.target.connection.name);
  const { access } = when;
  if (access !== undefined)
    conditions.push({
      name: "access",
      test: ({ operation }) => operation.access === access,
      found: ({ operation }) => operation.access,
    });
  return conditions;
}

/** Stands for an owner where a repository is named only by an id that could not be resolved (docs/operations.md). */
const unknownOwner = "-";

/**
 * GitHub compares the names of owners and repositories without case. A repository that is not known is read strictly: a
 * rule that refuses or asks a person matches it, a rule that lets go does so only where its pattern says `**` or `-`.
 */
export function resourceConditions(scope: Scope, path: Path, when: When): readonly Condition[] {
  if (when.resource === undefined) return [];
  const matches = bindPatterns(scope, [...path, "resource"], when.resource, caselessGlob);
  return [
    {
      name: "resource",
      test: ({ operation: { resource } }) =>
        matches(resource) || (scope.reading === "some" && resource.split("/")[1] === unknownOwner),
      found: ({ operation }) => operation.resource,
    },
  ];
}
