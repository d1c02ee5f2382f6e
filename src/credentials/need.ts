import type { NonEmpty } from "../base/non-empty.ts";
import type { Operation } from "../core/operation.ts";
import type { CredentialNeed } from "./source.ts";

/**
 * The least that a request's operations need: the repositories that they touch, where each names one and all are of
 * one owner, and reading alone, where none of them writes.
 */
export function needOf(operations: NonEmpty<Operation>): CredentialNeed {
  const touched = operations.map(({ resource }) => repositoryIn(resource));
  const named = touched.filter((repository) => repository !== undefined);
  const owners = new Set(named.map(({ owner }) => owner.toLowerCase()));
  const told = named.length === touched.length && owners.size === 1;
  return {
    ...(told ? { repositories: [...new Set(named.map(({ name }) => name))].sort() } : {}),
    ...(operations.every(({ access }) => access === "read") ? { access: "read" } : {}),
  };
}

function repositoryIn(
  resource: string,
): { readonly owner: string; readonly name: string } | undefined {
  const [, owner, name] = /^[^/]+\/([A-Za-z0-9][\w-]*)\/([\w.-]+)$/.exec(resource) ?? [];
  return owner === undefined || name === undefined ? undefined : { owner, name };
}
