import { err, ok, type Result } from "../../base/result.ts";
import type { Repositories } from "../repositories.ts";
import { recordsOf } from "../visit.ts";
import { isPath } from "./contents-routes.ts";
import type { GraphNodes } from "./graphql-nodes.ts";
import { commitOf, isPlain, moveRef, noObject } from "./revision.ts";
import { accountView, login } from "./views.ts";

type Arguments = Readonly<Record<string, unknown>>;

/** A tool as GitHub's MCP server has it: what it is called, what it takes, and what it does. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  /** The arguments that it cannot do without; all are strings but `files` and `pullNumber`. */
  readonly required: readonly string[];
  readonly reads: boolean;
  call(nodes: GraphNodes, given: Arguments): Promise<Result<unknown>>;
}

const place = ["owner", "repo"];

export const tools: readonly Tool[] = [
  tool("get_me", "Who the token belongs to", [], true, async () => ok(accountView(login))),
  tool("get_file_contents", "Read a file", [...place, "path"], true, async (nodes, given) => {
    const name = nameOf(given);
    const revision = String(given["ref"] ?? "HEAD");
    const commit = await commitOf(nodes.repositories, name, revision);
    const file = commit && (await nodes.repositories.read(name, commit, String(given["path"])));
    return file ? ok({ sha: file.sha, text: file.content.toString("utf8") }) : err("Not Found");
  }),
  tool("list_branches", "List branches", place, true, async (nodes, given) => {
    const format = "--format=%(refname:short)";
    const refs = await nodes.repositories.maybe(nameOf(given), [
      "for-each-ref",
      format,
      "refs/heads",
    ]);
    return refs === undefined ? err("Not Found") : ok(refs.split("\n"));
  }),
  tool("create_repository", "Make a repository", ["name"], false, async (nodes, given) => {
    const name = `${given["organization"] ?? login}/${given["name"]}`;
    const made = await nodes.repositories.create(name);
    return made.ok ? ok({ full_name: name }) : made;
  }),
  tool("fork_repository", "Fork a repository", place, false, async (nodes, given) => {
    const to = `${given["organization"] ?? login}/${given["repo"]}`;
    const made = await nodes.repositories.copy(nameOf(given), to);
    return made.ok ? ok({ full_name: to }) : made;
  }),
  tool(
    "create_or_update_file",
    "Write one file",
    [...place, "path", "content", "message", "branch"],
    false,
    (nodes, given) => commit(nodes.repositories, given, [given]),
  ),
  tool(
    "push_files",
    "Write several files as one commit",
    [...place, "branch", "files", "message"],
    false,
    (nodes, given) => commit(nodes.repositories, given, recordsOf(given["files"])),
  ),
  tool(
    "delete_file",
    "Remove one file",
    [...place, "path", "message", "branch"],
    false,
    (nodes, given) => commit(nodes.repositories, given, [{ path: given["path"] }]),
  ),
  tool("create_branch", "Make a branch", [...place, "branch"], false, async (nodes, given) => {
    const name = nameOf(given);
    const from = await commitOf(nodes.repositories, name, String(given["from_branch"] ?? "HEAD"));
    const ref = `refs/heads/${given["branch"]}`;
    if (from === undefined || !isPlain(ref)) return err("Reference not found");
    const made = await moveRef(nodes.repositories, name, ref, from, noObject);
    return made ? ok({ ref, object: { sha: from } }) : err("Reference already exists");
  }),
  tool(
    "create_pull_request",
    "Open a pull request",
    [...place, "title", "head", "base"],
    false,
    (nodes, given) =>
      nodes.pulls.open(
        nameOf(given),
        String(given["title"]),
        String(given["base"]),
        String(given["head"]),
      ),
  ),
  tool(
    "merge_pull_request",
    "Merge a pull request",
    [...place, "pullNumber"],
    false,
    async (nodes, given) => {
      const pull = nodes.pulls.find(nameOf(given), Number(given["pullNumber"]));
      return pull === undefined ? err("Not Found") : nodes.pulls.merge(nameOf(given), pull);
    },
  ),
  tool("reindex_everything", "A tool that nobody knows", [], false, async () => ok("done")),
];

function tool(
  name: string,
  description: string,
  required: readonly string[],
  reads: boolean,
  call: Tool["call"],
): Tool {
  return { name, description, required, reads, call };
}

function nameOf({ owner, repo }: Arguments): string {
  return `${String(owner)}/${String(repo)}`;
}

async function commit(
  repositories: Repositories,
  given: Arguments,
  wanted: readonly Arguments[],
): Promise<Result<unknown>> {
  const name = nameOf(given);
  const branch = String(given["branch"]);
  const files = wanted.map(({ path, content }) => ({
    path: String(path),
    ...(typeof content === "string" ? { content: Buffer.from(content) } : {}),
  }));
  if (!files.every(({ path }) => isPath(path)) || !isPlain(branch)) return err("path is malformed");
  if ((await repositories.head(name, `refs/heads/${branch}`)) === undefined)
    return err(`failed to get branch reference: 404 Not Found`);
  const message = String(given["message"]);
  const made = await repositories.commit(name, { branch, message, files });
  return made.ok ? ok({ commit: { sha: made.value } }) : made;
}
