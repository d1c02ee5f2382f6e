import { GraphQLError } from "graphql";
import type { Result } from "../../base/result.ts";
import { recordsOf } from "../visit.ts";
import { isPath } from "./contents-routes.ts";
import type { GraphNodes, GraphObject } from "./graphql-nodes.ts";
import { merge } from "./merge.ts";
import { type NodeName, readNodeId } from "./node-id.ts";
import { commitOf, isAncestor, isPlain, moveRef, noObject } from "./revision.ts";
import { login } from "./views.ts";

type Input = Readonly<Record<string, unknown>>;
type Mutate = (nodes: GraphNodes, input: Input) => Promise<GraphObject>;

/** What each mutation of the schema does to the repositories. */
export const mutations: Readonly<Record<string, Mutate>> = {
  createRepository: async (nodes, { name, ownerId, visibility }) => {
    const owner = ownerId === undefined ? login : (idOf("login", ownerId).login ?? login);
    const full = `${owner}/${String(name).replace(/[^A-Za-z0-9._-]+/g, "-")}`;
    done(await nodes.repositories.create(full));
    const word = String(visibility).toLowerCase();
    await nodes.repositories.git(full, ["config", "demo.visibility", word]);
    return { repository: nodes.repository(full) };
  },
  cloneTemplateRepository: async (nodes, { repositoryId, ownerId, name }) => {
    const to = `${idOf("login", ownerId).login}/${name}`;
    done(await nodes.repositories.copy(repositoryOf(repositoryId), to));
    return { repository: nodes.repository(to) };
  },
  createCommitOnBranch: async (nodes, { branch, message, expectedHeadOid, fileChanges }) => {
    const [name, short] = branchOf(branch as Input);
    const { additions, deletions } = (fileChanges ?? {}) as Input;
    const files = [
      ...recordsOf(additions).map(({ path, contents }) => ({
        path: String(path),
        content: Buffer.from(String(contents), "base64"),
      })),
      ...recordsOf(deletions).map(({ path }) => ({ path: String(path) })),
    ];
    if (!files.every(({ path }) => isPath(path))) throw new GraphQLError("A path is malformed");
    if ((await nodes.repositories.head(name, `refs/heads/${short}`)) === undefined)
      throw new GraphQLError(`No ref found for ${short}`);
    const { headline, body = "" } = message as Input;
    const commit = await nodes.repositories.commit(name, {
      branch: short,
      message: `${headline}\n\n${body}`,
      files,
      expected: String(expectedHeadOid),
    });
    return {
      commit: nodes.commit(name, done(commit)),
      ref: nodes.ref(name, `refs/heads/${short}`),
    };
  },
  createRef: async (nodes, { repositoryId, name: ref, oid }) => {
    const name = repositoryOf(repositoryId);
    await move(nodes, name, String(ref), String(oid), undefined);
    return { ref: nodes.ref(name, String(ref)) };
  },
  updateRef: async (nodes, { refId, oid, force }) => {
    const { repository: name = "", ref = "" } = idOf("ref", refId);
    await move(nodes, name, ref, String(oid), force === true);
    return { ref: nodes.ref(name, ref) };
  },
  updateRefs: async (nodes, { repositoryId, refUpdates }) => {
    const name = repositoryOf(repositoryId);
    for (const { name: ref, afterOid, force } of recordsOf(refUpdates)) {
      const there = (await nodes.ref(name, String(ref))) !== undefined;
      if (afterOid === noObject)
        await nodes.repositories.git(name, ["update-ref", "-d", String(ref)]);
      else
        await move(nodes, name, String(ref), String(afterOid), there ? force === true : undefined);
    }
    return {};
  },
  deleteRef: async (nodes, { refId }) => {
    const { repository: name = "", ref = "" } = idOf("ref", refId);
    await nodes.repositories.git(name, ["update-ref", "-d", ref]);
    return {};
  },
  mergeBranch: async (nodes, { repositoryId, base, head, commitMessage }) => {
    const name = repositoryOf(repositoryId);
    const from = await commitOf(nodes.repositories, name, String(head));
    if (from === undefined) throw new GraphQLError("Head does not exist");
    const message = String(commitMessage ?? `Merge ${head} into ${base}`);
    const merged = done(
      await merge(nodes.repositories, name, { base: String(base), head: from, message }),
    );
    return { mergeCommit: merged === undefined ? null : nodes.commit(name, merged) };
  },
  createPullRequest: async (nodes, { repositoryId, title, baseRefName, headRefName }) => {
    const name = repositoryOf(repositoryId);
    const opened = await nodes.pulls.open(
      name,
      String(title),
      String(baseRefName),
      String(headRefName),
    );
    return { pullRequest: nodes.pull(name, done(opened).number) };
  },
  mergePullRequest: async (nodes, { pullRequestId, mergeMethod }) => {
    const { repository: name = "", number = 0 } = idOf("number", pullRequestId);
    const pull = nodes.pulls.find(name, number);
    if (pull === undefined) throw notFound(pullRequestId);
    done(await nodes.pulls.merge(name, pull, mergeMethod === "SQUASH"));
    return { pullRequest: nodes.pull(name, number) };
  },
};

/** Moves a ref that is there, or makes one where `force` is not said. */
async function move(
  nodes: GraphNodes,
  name: string,
  ref: string,
  to: string,
  force: boolean | undefined,
): Promise<void> {
  const { repositories } = nodes;
  if (!nodes.repositories.has(name) || !isPlain(ref) || !/^refs\/[^/]+\/./.test(ref))
    throw new GraphQLError("The ref is malformed");
  const before = await repositories.maybe(name, ["show-ref", "--verify", "--hash", ref]);
  if ((before === undefined) !== (force === undefined))
    throw new GraphQLError(`A ref named "${ref}" ${before ? "already exists" : "is not there"}`);
  if (before && force !== true && !(await isAncestor(repositories, name, before, to)))
    throw new GraphQLError("Update is not a fast forward");
  if (!(await moveRef(repositories, name, ref, to, before ?? noObject)))
    throw new GraphQLError("Object does not exist");
}

function branchOf(branch: Input): readonly [repository: string, branch: string] {
  const { id, repositoryNameWithOwner, branchName } = branch;
  if (typeof id !== "string") return [String(repositoryNameWithOwner), String(branchName)];
  const { repository = "", ref = "" } = idOf("ref", id);
  return [repository, ref.replace(/^refs\/heads\//, "")];
}

function repositoryOf(id: unknown): string {
  return idOf("repository", id).repository ?? "";
}

interface Named {
  readonly login?: string;
  readonly repository?: string;
  readonly ref?: string;
  readonly number?: number;
}

/** What an id stands for; it must be of a kind that has that part. */
function idOf(part: keyof Named, id: unknown): Named {
  const name: NodeName | undefined = typeof id === "string" ? readNodeId(id) : undefined;
  if (name === undefined || !(part in name)) throw notFound(id);
  return name;
}

function notFound(id: unknown): GraphQLError {
  return new GraphQLError(`Could not resolve to a node with the global id of '${String(id)}'`, {
    extensions: { type: "NOT_FOUND" },
  });
}

function done<T>(result: Result<T>): T {
  if (!result.ok) throw new GraphQLError(result.error, { extensions: { type: "UNPROCESSABLE" } });
  return result.value;
}
