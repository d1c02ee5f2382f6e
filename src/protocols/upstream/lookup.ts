import { z } from "zod";
import type { Lookup, Node } from "../lookup.ts";
import { type ApiCall, ask } from "./api-call.ts";
import { Remembered } from "./remembered.ts";

const belongsTo = z.object({ nameWithOwner: z.string() });
const nodeAnswer = z.object({
  data: z.object({
    node: z
      .object({
        nameWithOwner: z.string().optional(),
        login: z.string().optional(),
        prefix: z.string().optional(),
        name: z.string().optional(),
        baseRefName: z.string().optional(),
        headRefOid: z.string().optional(),
        repository: belongsTo.optional(),
        maybeRepository: belongsTo.nullish(),
        source: belongsTo.partial().optional(),
      })
      .nullish(),
  }),
});

/** Fields of one name must be of one type (GraphQL specification, 5.3.2): this one may be absent, the others never are. */
export const nodeQuery = `query($id: ID!) { node(id: $id) {
  ... on Repository { nameWithOwner }
  ... on Organization { login }
  ... on User { login }
  ... on Ref { name prefix repository { nameWithOwner } }
  ... on PullRequest { baseRefName headRefOid }
  ... on RepositoryNode { repository { nameWithOwner } }
  ... on BranchProtectionRule { maybeRepository: repository { nameWithOwner } }
  ... on RepositoryRuleset { source { ... on Repository { nameWithOwner } } }
  ... on Label { repository { nameWithOwner } }
  ... on Release { repository { nameWithOwner } }
  ... on CheckSuite { repository { nameWithOwner } }
  ... on CheckRun { repository { nameWithOwner } }
  ... on Deployment { repository { nameWithOwner } }
  ... on Milestone { repository { nameWithOwner } }
} }`;

const repositoryAnswer = z.object({ full_name: z.string(), default_branch: z.string() });
const pullAnswer = z.object({
  base: z.object({ ref: z.string() }),
  head: z.object({ sha: z.string() }),
});

/** What may be believed for how long, in milliseconds: an id keeps its owner, a base branch can be changed any time. */
const nodesFor = 60_000;
const capacity = 10_000;
const branchesFor = 15_000;

/** Looks things up through GitHub's API; what it learns it keeps for less than a minute. */
export function upstreamLookup(call: ApiCall, now: () => number): Lookup {
  const nodes = new Remembered<Node | undefined>({ now, lifetime: nodesFor, capacity });
  const repositories = new Remembered<Repository | undefined>({
    now,
    lifetime: branchesFor,
    capacity,
  });

  const repositoryAt = (host: string, path: string) =>
    repositories.get(`${host}${path}`, () => readRepository(call, host, path));
  return {
    node: async (host, id) => {
      const key = `${host} ${id}`;
      const node = await nodes.get(key, () => readNode(call, host, id));
      // A pull request's base can be changed right before it is merged, and an id may come to be.
      if (node === undefined || node.pull !== undefined) nodes.forget(key);
      return node;
    },
    repository: async (host, id) => {
      if (!/^\d{1,19}$/.test(id)) return undefined;
      return (await repositoryAt(host, `/repositories/${id}`))?.fullName;
    },
    defaultBranch: async (resource) => {
      const place = placeOf(resource);
      return place && (await repositoryAt(place.host, `/repos/${place.name}`))?.defaultBranch;
    },
    // Never remembered either, for the same reason.
    pullRequest: async (resource, number) => {
      const place = placeOf(resource);
      if (place === undefined || !/^\d{1,19}$/.test(number)) return undefined;
      const path = `/repos/${place.name}/pulls/${number}`;
      const body = await ask(call, { host: place.host, method: "GET", path });
      if (body === undefined) return undefined;
      const { base, head } = pullAnswer.parse(body);
      return { base: base.ref, head: head.sha };
    },
  };
}

interface Repository {
  readonly fullName: string;
  readonly defaultBranch: string;
}

/** Host and full name of a repository's resource. */
export function placeOf(resource: string): { host: string; name: string } | undefined {
  const [host, owner, repository, ...rest] = resource.split("/");
  return host && owner && repository && rest.length === 0
    ? { host, name: `${encodeURIComponent(owner)}/${encodeURIComponent(repository)}` }
    : undefined;
}

async function readRepository(
  call: ApiCall,
  host: string,
  path: string,
): Promise<Repository | undefined> {
  const body = await ask(call, { host, method: "GET", path });
  if (body === undefined) return undefined;
  const { full_name: fullName, default_branch: defaultBranch } = repositoryAnswer.parse(body);
  return { fullName, defaultBranch };
}

async function readNode(call: ApiCall, host: string, id: string): Promise<Node | undefined> {
  const body = { query: nodeQuery, variables: { id } };
  const answer = nodeAnswer.safeParse(
    await ask(call, { host, method: "POST", path: "/graphql", body }),
  );
  // An id that names nothing is answered with errors and no data.
  const node = answer.success ? answer.data.data.node : undefined;
  if (node === undefined || node === null) return undefined;
  const repository =
    node.nameWithOwner ??
    node.repository?.nameWithOwner ??
    node.maybeRepository?.nameWithOwner ??
    node.source?.nameWithOwner;
  const ref = node.prefix !== undefined && node.name ? `${node.prefix}${node.name}` : undefined;
  return {
    ...(repository === undefined ? {} : { repository }),
    ...(ref === undefined ? {} : { ref }),
    ...(node.baseRefName === undefined || node.headRefOid === undefined
      ? {}
      : { pull: { base: node.baseRefName, head: node.headRefOid } }),
    ...(node.login === undefined ? {} : { login: node.login }),
  };
}
