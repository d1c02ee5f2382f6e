import type { Repositories } from "../repositories.ts";
import { nodeId } from "./node-id.ts";

/** The account whose token the demo's credential is. */
export const login = "demo-bot";

/** A user or organisation as GitHub's REST API shows it; `acme` is an organisation, everybody else a user. */
export function accountView(name: string): object {
  const organisation = name === "acme";
  return {
    login: name,
    id: numberOf(name),
    node_id: nodeId({ kind: organisation ? "Organization" : "User", login: name }),
    type: organisation ? "Organization" : "User",
    site_admin: false,
  };
}

/** A repository as GitHub's REST API shows it. */
export async function repositoryView(repositories: Repositories, name: string): Promise<object> {
  const [owner = "", short = ""] = name.split("/");
  const visibility = (await repositories.maybe(name, ["config", "demo.visibility"])) ?? "private";
  return {
    id: numberOf(name),
    node_id: nodeId({ kind: "Repository", repository: name }),
    name: short,
    full_name: name,
    private: visibility !== "public",
    visibility,
    archived: (await repositories.maybe(name, ["config", "demo.archived"])) === "true",
    owner: accountView(owner),
    html_url: `https://github.com/${name}`,
    clone_url: `https://github.com/${name}.git`,
    url: `https://api.github.com/repos/${name}`,
    default_branch: await repositories.defaultBranch(name),
    permissions: { admin: true, push: true, pull: true },
  };
}

/** A number that a name always has. */
export function numberOf(name: string): number {
  return [...name].reduce((id, letter) => (id * 31 + letter.charCodeAt(0)) % 1_000_000_007, 7);
}

/** A commit as the git database shows it. */
export interface CommitView {
  readonly sha: string;
  readonly message: string;
  readonly tree: { readonly sha: string };
  readonly parents: readonly { readonly sha: string }[];
}

const commitFormat = ["%H", "%T", "%P", "%an", "%ae", "%aI", "%cn", "%ce", "%cI", "%B"].join(
  "%x00",
);

/** The commit of that id; undefined where there is none. */
export async function commitView(
  repositories: Repositories,
  name: string,
  id: string,
): Promise<CommitView | undefined> {
  if ((await repositories.maybe(name, ["cat-file", "-t", id])) !== "commit") return undefined;
  const text = await repositories.text(name, ["log", "-1", `--format=${commitFormat}`, id]);
  const [sha = "", tree = "", parents = "", ...rest] = text.split("\0");
  const [an, ae, ad, cn, ce, cd, message = ""] = rest;
  const url = `https://api.github.com/repos/${name}/git`;
  return {
    sha,
    ...{ node_id: nodeId({ kind: "Commit", repository: name, oid: sha }) },
    ...{ url: `${url}/commits/${sha}`, author: { name: an, email: ae, date: ad } },
    ...{ committer: { name: cn, email: ce, date: cd } },
    message,
    tree: { sha: tree, ...{ url: `${url}/trees/${tree}` } },
    parents: parents
      .split(" ")
      .filter(Boolean)
      .map((parent) => ({ sha: parent, url: `${url}/commits/${parent}` })),
  };
}
