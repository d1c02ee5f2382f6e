import { app, type Way } from "./house.ts";

/** Ways to make a repository in the organisation `acme`, or, where it says so, elsewhere. */
export const createRepository: Readonly<Record<string, Way>> = {
  "curl, REST": ({ curl }, as) =>
    curl(as, "/api/v3/orgs/acme/repos", "POST", { name: "new", private: true }),
  "curl, REST, under the credential's own account": ({ curl }, as) =>
    curl(as, "/api/v3/user/repos", "POST", { name: "new" }),
  octokit: ({ sdk }, as) =>
    sdk(as, {
      kind: "octokit",
      route: "POST /orgs/{org}/repos",
      parameters: { org: "acme", name: "new" },
    }),
  "octokit, from a template": ({ sdk }, as) =>
    sdk(as, {
      kind: "octokit",
      route: "POST /repos/{owner}/{repo}/generate",
      parameters: { owner: "acme", repo: "app", name: "new" },
    }),
  "gh repo create": ({ gh }, as) => gh(as, "repo", "create", "acme/new", "--private"),
  "gh api": ({ gh }, as) => gh(as, "api", "-X", "POST", "orgs/acme/repos", "-f", "name=new"),
  "gh api graphql": ({ gh }, as) =>
    gh(
      as,
      ...["api", "graphql", "-f", "name=new", "-f"],
      `query=mutation($name: String!) {
        createRepository(input: { name: $name, visibility: PRIVATE }) { repository { id } } }`,
    ),
  "GraphQL through a fragment and an alias": ({ curl }, as) =>
    curl(as, "/api/graphql", "POST", {
      query: `query Harmless { viewer { login } }
        fragment Hidden on Mutation {
          viewer: createRepository(input: { name: "new", visibility: PUBLIC }) { clientMutationId } }
        mutation Real { ...Hidden }`,
      operationName: "Real",
    }),
  "a fork, by the repository's number": async ({ curl, stack }, as) => {
    const { id } = JSON.parse((await stack.ask(`/api/v3/repos/${app}`)).text) as { id: number };
    return curl(as, `/api/v3/repositories/${id}/forks`, "POST", { name: "new" });
  },
  "the MCP SDK, create_repository": ({ sdk }, as) =>
    sdk(as, {
      kind: "mcp",
      tool: "create_repository",
      arguments: { name: "new", organization: "acme" },
    }),
  "the MCP SDK, fork_repository": ({ sdk }, as) =>
    sdk(as, { kind: "mcp", tool: "fork_repository", arguments: { owner: "acme", repo: "app" } }),
};
