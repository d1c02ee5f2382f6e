import { isNonEmpty, type NonEmpty } from "../base/non-empty.ts";
import type { AttributeValue, Operation } from "../core/operation.ts";
import type { Draft } from "./draft.ts";
import type { Lookup, Node } from "./lookup.ts";
import { branchAttributes } from "./ref-names.ts";
import { isName, ownAccount, repositoryResource, unknownOwner } from "./resource.ts";
import { withAttributes } from "./with-attributes.ts";

/** Stands for the branch that a repository calls its default, where a request leaves the branch out. */
export const defaultBranch = "HEAD";

/** What a node says of the operation on it: a ref is what moves, and a pull request moves its base when it is merged. */
function nodeAttributes(name: string, node: Node): Readonly<Record<string, AttributeValue>> {
  if (node.ref !== undefined) return branchAttributes(node.ref);
  return node.pull !== undefined && name === "pull_request.merge"
    ? { branch: node.pull.base, head: node.pull.head }
    : {};
}

/** An operation on whatever repositories those node ids belong to. */
export function atNodes(host: string, operation: Operation, ids: readonly string[]): Draft {
  const unknown = { ...operation, resource: `${host}/${unknownOwner}` };
  return {
    operation: unknown,
    complete: async (lookup) => {
      const nodes = await Promise.all(ids.map((id) => lookup.node(host, id)));
      const placed = nodes.flatMap((node) => {
        if (node === undefined) return [unknown];
        const resource = node.repository === undefined ? undefined : named(host, node.repository);
        if (resource === undefined) return [];
        return [withAttributes({ ...operation, resource }, nodeAttributes(operation.name, node))];
      });
      return isNonEmpty(placed) ? merged(placed) : [unknown];
    },
  };
}

/** A repository that is made under the owner of that node id, or under the credential's own account. */
export function underOwner(
  host: string,
  operation: Operation,
  ownerId: string | undefined,
  repository: string,
): Draft {
  const under = (owner: string): Operation => ({
    ...operation,
    resource: repositoryResource(host, owner, repository),
  });
  if (ownerId === undefined) return { operation: under(ownAccount) };
  return {
    operation: under(unknownOwner),
    complete: async (lookup) => {
      const login = (await lookup.node(host, ownerId))?.login;
      return [under(login !== undefined && isName(login) ? login : unknownOwner)];
    },
  };
}

/** The operation with its branch found: the repository's default, or the one that a pull request goes to. */
export function findingBranch(operation: Operation): Draft {
  const number = operation.attributes["number"];
  const merges = operation.name === "pull_request.merge" && typeof number === "string";
  if (operation.attributes["branch"] !== defaultBranch && !merges) return { operation };
  return {
    operation: unsure(operation),
    complete: async (lookup: Lookup) => {
      if (merges) {
        const pull = await lookup.pullRequest(operation.resource, number);
        if (pull === undefined) return [unsure(operation)];
        return [withAttributes(operation, { branch: pull.base, head: pull.head })];
      }
      const branch = await lookup.defaultBranch(operation.resource);
      return [branch === undefined ? unsure(operation) : withAttributes(operation, { branch })];
    },
  };
}

/** The operation, its branch unknown. */
function unsure(operation: Operation): Operation {
  return { ...operation, unknown: [...(operation.unknown ?? []), "branch"] };
}

function named(host: string, fullName: string): string | undefined {
  const [owner, repository, ...rest] = fullName.split("/");
  if (owner === undefined || repository === undefined || rest.length > 0) return undefined;
  return isName(owner) && isName(repository)
    ? repositoryResource(host, owner, repository)
    : undefined;
}

/** One operation per repository: what several nodes of one say is said together. */
function merged(operations: NonEmpty<Operation>): NonEmpty<Operation> {
  const [first, ...rest] = operations;
  const byResource = new Map([[first.resource, first]]);
  for (const operation of rest) {
    const known = byResource.get(operation.resource);
    byResource.set(
      operation.resource,
      known === undefined ? operation : withAttributes(known, operation.attributes),
    );
  }
  const list = [...byResource.values()];
  return isNonEmpty(list) ? list : operations;
}
