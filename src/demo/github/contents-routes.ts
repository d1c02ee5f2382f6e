import type { Repositories } from "../repositories.ts";
import { json, problem, type Route, readJson, type Visit } from "../visit.ts";
import { at } from "./at.ts";
import { commitOf, isPlain } from "./revision.ts";
import { entriesOf } from "./tree.ts";

/** Files by their path. */
export function contentsRoutes(repositories: Repositories): readonly Route[] {
  const route = at(repositories);
  const read = (visit: Visit, name: string, file = "") => get(visit, repositories, name, file);
  return [
    route("GET", "/contents/?", read),
    route("GET", "/contents/(.+)", read),
    route("PUT", "/contents/(.+)", (visit, name, file = "") =>
      change(visit, repositories, name, file, true),
    ),
    route("DELETE", "/contents/(.+)", (visit, name, file = "") =>
      change(visit, repositories, name, file, false),
    ),
  ];
}

async function get(
  visit: Visit,
  repositories: Repositories,
  name: string,
  file: string,
): Promise<void> {
  const wanted = visit.url.searchParams.get("ref") ?? (await repositories.defaultBranch(name));
  const commit = await commitOf(repositories, name, wanted);
  if (commit === undefined) return problem(visit, 404, `No commit found for the ref ${wanted}`);
  const stored = file === "" ? undefined : await repositories.read(name, commit, file);
  if (stored === undefined) return list(visit, repositories, name, commit, file);
  json(visit, 200, {
    type: "file",
    encoding: "base64",
    size: stored.content.length,
    name: file.split("/").at(-1),
    path: file,
    content: stored.content.toString("base64").replace(/.{60}/g, "$&\n"),
    sha: stored.sha,
  });
}

async function list(
  visit: Visit,
  repositories: Repositories,
  name: string,
  commit: string,
  directory: string,
): Promise<void> {
  const entries = await entriesOf(repositories, name, `${commit}:${directory}`);
  if (entries === undefined) return problem(visit, 404, "Not Found");
  const above = directory === "" ? "" : `${directory}/`;
  const shown = entries.map(({ path, type, sha, size }) => ({
    type: type === "tree" ? "dir" : "file",
    name: path,
    path: above + path,
    sha,
    size: size ?? 0,
  }));
  json(visit, 200, shown);
}

async function change(
  visit: Visit,
  repositories: Repositories,
  name: string,
  path: string,
  keeps: boolean,
): Promise<void> {
  const asked = await readJson(visit);
  const { message, content, branch = await repositories.defaultBranch(name), sha } = asked;
  if (typeof message !== "string" || (keeps && typeof content !== "string"))
    return problem(visit, 422, 'Invalid request.\n\n"message" and "content" are needed.');
  if (typeof branch !== "string" || !isPlain(branch) || !isPath(path))
    return problem(visit, 422, "path or branch is malformed");
  if ((await repositories.head(name, `refs/heads/${branch}`)) === undefined)
    return problem(visit, 404, `Branch ${branch} not found`);
  const file = keeps ? { content: Buffer.from(String(content), "base64") } : {};
  const known = sha === undefined ? {} : { sha: String(sha) };
  const written = await repositories.write(name, { branch, path, message, ...file, ...known });
  if (written.ok) json(visit, statusOf(sha, keeps), changed(path, message, written.value));
  else problem(visit, sha === undefined ? 422 : 409, written.error);
}

function statusOf(sha: unknown, keeps: boolean): number {
  return keeps && sha === undefined ? 201 : 200;
}

function changed(
  path: string,
  message: string,
  { blob, commit }: { readonly blob: string; readonly commit: string },
): object {
  const content = blob === "" ? null : { name: path.split("/").at(-1), path, sha: blob };
  return { content, commit: { sha: commit, message } };
}

/** What git can hold: no empty, `.` or `..` segment, and nothing of its own. */
export function isPath(file: string): boolean {
  return file.split("/").every((part) => !/^(|\.|\.\.|\.git)$/i.test(part)) && !file.includes("\0");
}
