import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Access } from "../../support/clients.ts";
import { commitByGh } from "./commit-by-gh.ts";
import { app, base64, type House, type Way } from "./house.ts";
import { pushTopic, type Work } from "./push-topic.ts";

const place = { owner: "acme", repo: "app" };
const workflow = ".github/workflows/ci.yml";
const path = `/api/v3/repos/${app}/contents/${workflow}`;

const commit: Work = async (git) => {
  await git("add", "-A");
  await git("commit", "-qm", "CI");
};

async function octokit(
  { sdk }: House,
  as: Access,
  route: string,
  parameters: object,
): Promise<string> {
  return sdk(as, { kind: "octokit", route, parameters: { ...place, ...parameters } });
}

/** Ways to change `.github/workflows`, on branches that anybody may change. */
export const editCi: Readonly<Record<string, Way>> = {
  "curl, REST": async ({ curl, id }, as) =>
    curl(as, path, "PUT", {
      message: "m",
      content: base64("on: issues"),
      branch: "topic",
      sha: await id(`topic:${workflow}`),
    }),
  "octokit, deleting the file": async (house, as) =>
    octokit(house, as, "DELETE /repos/{owner}/{repo}/contents/{path}", {
      path: workflow,
      message: "m",
      branch: "topic",
      sha: await house.id(`topic:${workflow}`),
    }),
  "octokit, moving a ref to a commit that is there": async (house, as) =>
    octokit(house, as, "PATCH /repos/{owner}/{repo}/git/refs/{ref}", {
      ref: "heads/topic",
      sha: await house.id("ci-change"),
    }),
  "gh api, a new branch": async ({ gh, id }, as) => {
    const sha = await id("ci-change");
    const args = ["-f", "ref=refs/heads/fresh", "-f", `sha=${sha}`];
    return gh(as, "api", "-X", "POST", `repos/${app}/git/refs`, ...args);
  },
  "gh api graphql": commitByGh("topic", workflow),
  "GraphQL through a fragment and an alias": async ({ sdk, id }, as) =>
    sdk(as, {
      kind: "graphql",
      query: `mutation Real($in: CreateCommitOnBranchInput!) { ...Hidden }
        fragment Hidden on Mutation { viewer: createCommitOnBranch(input: $in) { clientMutationId } }`,
      variables: {
        in: {
          branch: { repositoryNameWithOwner: app, branchName: "topic" },
          expectedHeadOid: await id("topic"),
          message: { headline: "m" },
          fileChanges: { deletions: [{ path: workflow }] },
        },
      },
    }),
  "a merge of branches": ({ curl }, as) =>
    curl(as, `/api/v3/repos/${app}/merges`, "POST", { base: "topic", head: "ci-change" }),
  "git push of an edit": (house, as) =>
    pushTopic(house, as, "topic", async (git, dir) => {
      await writeFile(join(dir, workflow), "on: issues\n");
      await commit(git, dir);
    }),
  "git push of a rename": (house, as) =>
    pushTopic(house, as, "topic", async (git, dir) => {
      await git("mv", "lib/other.yml", ".github/workflows/other.yml");
      await commit(git, dir);
    }),
  "git push of a re-used subtree": (house, as) =>
    pushTopic(house, as, "topic", async (git) => {
      await git("rm", "-rq", ".github");
      await git("read-tree", "--prefix=.github/", "HEAD:templates");
      await git("config", "pack.useSparse", "false");
      await git("commit", "-qm", "CI");
    }),
  "git push of a new branch": (house, as) =>
    pushTopic(house, as, "fresh", async (git, dir) => {
      await mkdir(join(dir, ".github/workflows"), { recursive: true });
      await writeFile(join(dir, ".github/workflows/new.yml"), "on: issues\n");
      await commit(git, dir);
    }),
  "git push of a new branch at a commit that is there": (house, as) =>
    pushTopic(house, as, "fresh", (git) => git("reset", "-q", "--hard", "origin/ci-change")),
  "git push of a commit that edits and one that takes it back in part": (house, as) =>
    pushTopic(house, as, "topic", async (git, dir) => {
      await writeFile(join(dir, workflow), "on: issues\n");
      await writeFile(join(dir, ".github/workflows/b.yml"), "on: issues\n");
      await commit(git, dir);
      await git("checkout", "-q", "HEAD~1", "--", workflow);
      await commit(git, dir);
    }),
  "the MCP SDK, push_files": ({ sdk }, as) =>
    sdk(as, {
      kind: "mcp",
      tool: "push_files",
      arguments: {
        ...place,
        branch: "topic",
        message: "m",
        files: [
          { path: "a", content: "a" },
          { path: workflow, content: "on: issues" },
        ],
      },
    }),
  "the MCP SDK, create_or_update_file": ({ sdk }, as) =>
    sdk(as, {
      kind: "mcp",
      tool: "create_or_update_file",
      arguments: { ...place, branch: "topic", message: "m", path: workflow, content: "x" },
    }),
  "the MCP SDK, delete_file": ({ sdk }, as) =>
    sdk(as, {
      kind: "mcp",
      tool: "delete_file",
      arguments: { ...place, branch: "topic", message: "m", path: workflow },
    }),
};
