import type { Access } from "../core/operation.ts";

/** One kind of operation, as policies name it. */
export interface CatalogueEntry {
  readonly name: string;
  readonly access: Access;
  /** What it is, for the documentation. */
  readonly meaning: string;
  /** Attributes that it carries where the request tells them. */
  readonly attributes: readonly string[];
}

const write = "write";
const read = "read";

const entries: readonly (readonly [string, Access, string, string])[] = [
  [
    "repository.create",
    write,
    "Makes a repository: new, from a template, as a fork, by import",
    "visibility",
  ],
  ["repository.delete", write, "Deletes a repository", ""],
  ["repository.transfer", write, "Gives a repository to another owner", "newOwner"],
  [
    "repository.update",
    write,
    "Changes a repository's settings: visibility, default branch, archived, topics",
    "fields",
  ],
  ["repository.export", write, "Starts an archive of whole repositories", ""],
  [
    "repository.read",
    read,
    "Reads about a repository: settings, commits, branches, statistics",
    "",
  ],
  [
    "repository.write",
    write,
    "Changes anything else about a repository: autolinks, alerts, subscriptions",
    "",
  ],
  ["contents.read", read, "Reads files, trees and archives", "paths"],
  ["contents.write", write, "Changes files on a branch through an API", "branch paths"],
  ["push", write, "One command of a `git push`", "ref branch tag old new kind force paths commits"],
  ["push.discover", read, "Asks which refs there are, before a push", ""],
  ["push.probe", read, "The empty request that git sends before a large push", ""],
  ["fetch", read, "Clones or fetches", ""],
  ["ref.create", write, "Makes a branch or tag through an API", "ref branch tag new paths"],
  ["ref.update", write, "Moves a branch or tag through an API", "ref branch tag new force paths"],
  ["ref.delete", write, "Deletes a branch or tag through an API", "ref branch tag"],
  ["ref.rename", write, "Renames a branch; `branch` holds both names", "branch"],
  [
    "branch.merge",
    write,
    "Merges one branch into another, without a pull request",
    "branch head paths",
  ],
  ["blob.create", write, "Stores a file's content; harmless until a ref moves", ""],
  ["tree.create", write, "Stores a directory; harmless until a ref moves", "paths"],
  ["commit.create", write, "Stores a commit; harmless until a ref moves", ""],
  ["tag.create", write, "Stores a tag object; harmless until a ref moves", ""],
  ["pull_request.create", write, "Opens a pull request", "base head"],
  ["pull_request.update", write, "Changes a pull request's title, base or state", "number"],
  [
    "pull_request.merge",
    write,
    "Merges a pull request, now or when it may be",
    "number branch head paths",
  ],
  ["pull_request.update_branch", write, "Brings a pull request's branch up to date", "number"],
  ["workflow.dispatch", write, "Starts a workflow", "workflow ref"],
  ["workflow.rerun", write, "Runs a workflow again", ""],
  ["workflow.approve", write, "Lets a waiting run or deployment go on, or stops it", ""],
  ["workflow.enable", write, "Switches a workflow on", "workflow"],
  ["workflow.disable", write, "Switches a workflow off", "workflow"],
  ["workflow.write", write, "Stops or forgets runs, deletes their logs, artifacts and caches", ""],
  [
    "secret.write",
    write,
    "Sets or deletes a secret of Actions, Dependabot, Codespaces or an environment",
    "",
  ],
  ["variable.write", write, "Sets or deletes a configuration variable", ""],
  ["protection.write", write, "Changes branch protection or rulesets", "branch"],
  [
    "actions_settings.write",
    write,
    "Changes what Actions may do: permissions, OIDC subjects, caches",
    "",
  ],
  ["runner.write", write, "Registers, changes or removes runners", ""],
  ["environment.write", write, "Changes deployment environments", ""],
  ["deployment.write", write, "Makes deployments and says how they went", ""],
  ["collaborator.write", write, "Gives or takes access to a repository", ""],
  ["key.write", write, "Adds or removes deploy keys and users' keys", ""],
  ["release.write", write, "Publishes, changes or deletes releases and their assets", "tag"],
  ["webhook.write", write, "Makes, changes, pings or deletes webhooks", ""],
  ["pages.write", write, "Publishes pages", ""],
  ["gist.write", write, "Makes or changes gists", ""],
  ["issue.write", write, "Writes issues, their labels, comments and reactions", "number"],
  ["pull_request.write", write, "Reviews and comments on pull requests", "number"],
  ["discussion.write", write, "Writes discussions", ""],
  ["copilot.token", write, "Asks for a live Copilot credential: a GET that hands out a secret", ""],
  ["model.call", read, "Calls a model", "api model stream tools maxTokens"],
  ["model.list", read, "Lists the models", ""],
  [
    "tool.call",
    write,
    "Calls an MCP tool that is no operation above; read where the tool is known to read",
    "server tool",
  ],
  ["mcp.session", read, "Opens, keeps and closes an MCP session", "server method"],
  ["mcp.list", read, "Lists an MCP server's tools, prompts or resources", "server method"],
  ["mcp.read", read, "Reads an MCP prompt or resource", "server method"],
  ["graphql.read", read, "A field of a GraphQL query", "field"],
  ["lfs.upload", write, "Asks to upload large files", "ref branch tag objects"],
  ["lfs.download", read, "Asks to download large files", "ref branch tag objects"],
  ["lfs.lock.read", read, "Lists or checks file locks", ""],
  ["lfs.lock.write", write, "Takes or breaks a file lock", ""],
  ["unknown.read", read, "A read that nobody has documented", ""],
  ["unknown.write", write, "Anything else that is not known to be a read", ""],
];

/** Every operation that has a meaning of its own; all others are called by GitHub's category (`issues.read`). */
export const catalogue: readonly CatalogueEntry[] = entries.map(
  ([name, access, meaning, attributes]) => ({
    name,
    access,
    meaning,
    attributes: attributes === "" ? [] : attributes.split(" "),
  }),
);
