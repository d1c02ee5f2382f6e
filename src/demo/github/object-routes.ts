import type { Repositories } from "../repositories.ts";
import { json, problem, type Route, readJson, type Visit } from "../visit.ts";
import { at } from "./at.ts";
import { makeTree } from "./make-tree.ts";
import { commitOf, isPlain } from "./revision.ts";
import { entriesOf } from "./tree.ts";
import { commitView } from "./views.ts";

const id = "([0-9a-f]{40})";

/** Git's own objects: blobs, trees, commits and tags, read and made. */
export function objectRoutes(repositories: Repositories): readonly Route[] {
  const route = at(repositories);
  const show = async (visit: Visit, name: string, commit: string, status: number) => {
    const view = await commitView(repositories, name, commit);
    if (view === undefined) return problem(visit, 404, "Not Found");
    json(visit, status, view);
  };
  return [
    route("GET", `/git/blobs/${id}`, (visit, name, blob = "") =>
      getBlob(visit, repositories, name, blob),
    ),
    route("GET", "/git/trees/(.+)", (visit, name, tree = "") =>
      getTree(visit, repositories, name, tree),
    ),
    route("GET", `/git/commits/${id}`, (visit, name, commit = "") =>
      show(visit, name, commit, 200),
    ),
    route("GET", `/git/tags/${id}`, (visit, name, tag = "") =>
      getTag(visit, repositories, name, tag, 200),
    ),
    route("POST", "/git/blobs", async (visit, name) => {
      const { content, encoding } = await readJson(visit);
      const bytes = Buffer.from(String(content ?? ""), encoding === "base64" ? "base64" : "utf8");
      const sha = await repositories.text(name, ["hash-object", "-w", "--stdin"], {}, bytes);
      json(visit, 201, { sha, url: `https://api.github.com/repos/${name}/git/blobs/${sha}` });
    }),
    route("POST", "/git/trees", async (visit, name) => {
      const { tree, base_tree: base } = await readJson(visit);
      const made = await makeTree(repositories, name, tree, base);
      if (!made.ok) return problem(visit, 422, made.error);
      const entries = await entriesOf(repositories, name, made.value);
      json(visit, 201, { sha: made.value, tree: entries, truncated: false });
    }),
    route("POST", "/git/commits", async (visit, name) => {
      const { message, tree, parents = [] } = await readJson(visit);
      const above = Array.isArray(parents) ? parents.map(String) : [];
      const known = await Promise.all(
        above.map((parent) => repositories.maybe(name, ["cat-file", "-t", parent])),
      );
      if (typeof message !== "string" || !known.every((type) => type === "commit"))
        return problem(visit, 422, "Validation Failed");
      const found = await repositories.maybe(name, ["cat-file", "-t", String(tree)]);
      if (found !== "tree") return problem(visit, 422, "Tree SHA does not exist");
      return show(visit, name, await repositories.seal(name, String(tree), message, above), 201);
    }),
    route("POST", "/git/tags", (visit, name) => makeTag(visit, repositories, name)),
  ];
}

async function getBlob(
  visit: Visit,
  repositories: Repositories,
  name: string,
  sha: string,
): Promise<void> {
  const content = await repositories.git(name, ["cat-file", "blob", sha]).catch(() => undefined);
  if (content === undefined) return problem(visit, 404, "Not Found");
  const lines = content.toString("base64").replace(/.{60}/g, "$&\n");
  json(visit, 200, { sha, size: content.length, encoding: "base64", content: lines });
}

async function getTree(
  visit: Visit,
  repositories: Repositories,
  name: string,
  wanted: string,
): Promise<void> {
  const commit = await commitOf(repositories, name, wanted);
  const tree = commit ?? (isPlain(wanted) ? wanted : "");
  const sha = await repositories.maybe(name, ["rev-parse", "-q", "--verify", `${tree}^{tree}`]);
  const deep = visit.url.searchParams.has("recursive");
  const entries = sha && (await entriesOf(repositories, name, sha, deep));
  if (!sha || !entries) return problem(visit, 404, "Not Found");
  json(visit, 200, { sha, tree: entries, truncated: false });
}

async function getTag(
  visit: Visit,
  repositories: Repositories,
  name: string,
  sha: string,
  status: number,
): Promise<void> {
  if ((await repositories.maybe(name, ["cat-file", "-t", sha])) !== "tag")
    return problem(visit, 404, "Not Found");
  const text = await repositories.text(name, ["cat-file", "tag", sha]);
  const header = (key: string) => new RegExp(`^${key} (.+)$`, "m").exec(text)?.[1] ?? "";
  json(visit, status, {
    sha,
    tag: header("tag"),
    message: text.split("\n\n").slice(1).join("\n\n"),
    object: { sha: header("object"), type: header("type") },
  });
}

async function makeTag(visit: Visit, repositories: Repositories, name: string): Promise<void> {
  const { tag, message, object, type } = await readJson(visit);
  const lines = [
    `object ${object}`,
    `type ${type}`,
    `tag ${tag}`,
    "tagger Demo <demo@example.test> 1760000000 +0000",
  ];
  const content = Buffer.from(`${lines.join("\n")}\n\n${message}\n`);
  const made = await repositories.text(name, ["mktag"], {}, content).catch(() => undefined);
  if (made === undefined) return problem(visit, 422, "Validation Failed");
  return getTag(visit, repositories, name, made, 201);
}
