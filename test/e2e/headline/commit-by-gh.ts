import { app, type Said, type Way } from "./house.ts";

/** A commit of one file to that branch, by `gh api graphql`. */
export function commitByGh(branch: string, path: string): Way {
  return async ({ gh, id }, as): Promise<Said> =>
    gh(
      as,
      ...["api", "graphql", "-f", `head=${await id(branch)}`, "-f"],
      `query=mutation($head: GitObjectID!) { createCommitOnBranch(input: {
        branch: { repositoryNameWithOwner: "${app}", branchName: "${branch}" }, expectedHeadOid: $head,
        message: { headline: "m" }, fileChanges: { additions: [{ path: "${path}", contents: "eA==" }] }
      }) { commit { oid } } }`,
    );
}
