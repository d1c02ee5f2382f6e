import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Access } from "../../support/clients.ts";
import { commitByGh } from "./commit-by-gh.ts";
import { app, base64, type House, type Way } from "./house.ts";

const place = { owner: "acme", repo: "app" };
const contents = `/api/v3/repos/${app}/contents`;

/** Clones, changes a file by hand, and pushes that as git does it, with these arguments. */
async function push(
  { git, stack }: House,
  as: Access,
  ...args: readonly string[]
): Promise<string> {
  const dir = `main-${crypto.randomUUID()}`;
  await git(as, "clone", "-q", "-b", "main", `${stack.proxy}/${app}.git`, dir);
  await writeFile(join(stack.folder.path, dir, "by-hand.txt"), dir);
  await git(as, "-C", dir, "add", "-A");
  await git(as, "-C", dir, "commit", "-qm", "By hand");
  return git(as, "-C", dir, "push", ...args);
}

async function node(house: House, query: string): Promise<string> {
  const body = JSON.stringify({ query });
  const headers = { "content-type": "application/json" };
  const { text } = await house.stack.ask("/api/graphql", { method: "POST", body, headers });
  return /"id":"([^"]+)"/.exec(text)?.[1] ?? "";
}

/** A pull request of `feature`, opened beforehand by whoever may. */
async function pull({ stack }: House): Promise<number> {
  const { text } = await stack.ask(`/api/v3/repos/${app}/pulls`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ title: "A feature", base: "main", head: "feature" }),
  });
  return (JSON.parse(text) as { readonly number: number }).number;
}

/** Ways to change the protected branch `main`. */
export const pushToMain: Readonly<Record<string, Way>> = {
  "curl, REST": ({ curl }, as) =>
    curl(as, `${contents}/notes.txt`, "PUT", {
      message: "m",
      content: base64("notes"),
      branch: "main",
    }),
  "curl, REST, on no branch, so on the default one": ({ curl }, as) =>
    curl(as, `${contents}/notes.txt`, "PUT", { message: "m", content: base64("notes") }),
  "octokit, tree, commit and ref": async ({ sdk, id }, as) => {
    const ask = async (route: string, parameters: object) => {
      const said = await sdk(as, {
        kind: "octokit",
        route: `${route}`,
        parameters: { ...place, ...parameters },
      });
      return { said, sha: /"sha":"(\w{40})"/.exec(said)?.[1] };
    };
    const head = await id("main");
    const tree = [{ path: "notes.txt", mode: "100644", type: "blob", content: "notes" }];
    const made = await ask("POST /repos/{owner}/{repo}/git/trees", { base_tree: head, tree });
    const commit = await ask("POST /repos/{owner}/{repo}/git/commits", {
      message: "m",
      tree: made.sha,
      parents: [head],
    });
    const ref = { ref: "heads/main", sha: commit.sha };
    return (await ask("PATCH /repos/{owner}/{repo}/git/refs/{ref}", ref)).said;
  },
  "gh api, moving the ref by POST": async ({ gh, id }, as) => {
    const to = await id("feature");
    return gh(as, "api", "-X", "POST", `repos/${app}/git/refs/heads/main`, "-f", `sha=${to}`);
  },
  "gh api graphql": commitByGh("main", "x"),
  "GraphQL through a fragment and an alias, the branch by its node id": async (house, as) => {
    const found = `{ repository(owner: "acme", name: "app") { ref(qualifiedName: "refs/heads/main") { id } } }`;
    return house.curl(as, "/api/graphql", "POST", {
      query: `mutation Real { ...Hidden }
        fragment Hidden on Mutation { viewer: updateRef(input: { refId: "${await node(house, found)}",
          oid: "${await house.id("feature")}" }) { clientMutationId } }`,
    });
  },
  "git push": (house, as) => push(house, as, "origin", "HEAD:main"),
  "git push --force": (house, as) => push(house, as, "--force", "origin", "HEAD:main"),
  "git push of several refs": (house, as) =>
    push(house, as, "--atomic", "origin", "HEAD:refs/heads/other", "HEAD:refs/heads/main"),
  "a merge of branches": ({ curl }, as) =>
    curl(as, `/api/v3/repos/${app}/merges`, "POST", { base: "main", head: "feature" }),
  "a merge of a pull request, REST": async (house, as) =>
    house.curl(as, `/api/v3/repos/${app}/pulls/${await pull(house)}/merge`, "PUT", {}),
  "a merge of a pull request, GraphQL": async (house, as) => {
    const number = await pull(house);
    const found = `{ repository(owner: "acme", name: "app") { pullRequest(number: ${number}) { id } } }`;
    const query = `mutation { mergePullRequest(input: { pullRequestId: "${await node(house, found)}" }) { clientMutationId } }`;
    return house.sdk(as, { kind: "graphql", query });
  },
  "the MCP SDK, push_files": ({ sdk }, as) =>
    sdk(as, {
      kind: "mcp",
      tool: "push_files",
      arguments: {
        ...place,
        branch: "main",
        message: "m",
        files: [{ path: "a", content: "a" }],
      },
    }),
  "the MCP SDK, create_or_update_file": ({ sdk }, as) =>
    sdk(as, {
      kind: "mcp",
      tool: "create_or_update_file",
      arguments: { ...place, branch: "main", message: "m", path: "a", content: "a" },
    }),
  "the MCP SDK, merge_pull_request": async (house, as) =>
    house.sdk(as, {
      kind: "mcp",
      tool: "merge_pull_request",
      arguments: { ...place, pullNumber: await pull(house) },
    }),
};
