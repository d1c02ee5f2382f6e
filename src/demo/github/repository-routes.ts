import type { Result } from "../../base/result.ts";
import type { Repositories } from "../repositories.ts";
import { json, problem, type Route, readJson, type Visit } from "../visit.ts";
import { at } from "./at.ts";
import { accountView, login, numberOf, repositoryView } from "./views.ts";

/** Accounts, and repositories as wholes. */
export function repositoryRoutes(repositories: Repositories): readonly Route[] {
  const route = at(repositories);
  const show = async (visit: Visit, name: string, status = 200): Promise<void> =>
    json(visit, status, await repositoryView(repositories, name));
  const made = async (visit: Visit, name: string, result: Result<void>): Promise<void> =>
    result.ok ? show(visit, name, 201) : notMade(visit, result.error);
  const create = async (visit: Visit, owner: string): Promise<void> => {
    const { name, private: hidden } = await readJson(visit);
    if (typeof name !== "string") return problem(visit, 422, "Repository creation failed.");
    const slug = name.replace(/[^A-Za-z0-9._-]+/g, "-");
    const result = await repositories.create(`${owner}/${slug}`);
    if (result.ok && hidden === false)
      await repositories.git(`${owner}/${slug}`, ["config", "demo.visibility", "public"]);
    return made(visit, `${owner}/${slug}`, result);
  };
  const copy = async (visit: Visit, from: string, owner: unknown, name: unknown): Promise<void> => {
    const to = `${typeof owner === "string" ? owner : login}/${typeof name === "string" ? name : from.split("/")[1]}`;
    return made(visit, to, await repositories.copy(from, to));
  };
  return [
    ["GET", /^\/user$/, (visit) => json(visit, 200, accountView(login))],
    ["HEAD", /^\/user$/, (visit) => json(visit, 200, accountView(login))],
    [
      "GET",
      /^\/(?:users|orgs)\/([^/]+)$/,
      (visit, name = "") => json(visit, 200, accountView(name)),
    ],
    ["GET", /^\/user\/repos$/, async (visit) => json(visit, 200, await all(repositories))],
    ["POST", /^\/user\/repos$/, (visit) => create(visit, login)],
    ["POST", /^\/orgs\/([^/]+)\/repos$/, (visit, org = "") => create(visit, org)],
    route("GET", "", (visit, name) => show(visit, name)),
    route("DELETE", "", (visit, name) => remove(visit, repositories, name)),
    route("PATCH", "", (visit, name) => update(visit, repositories, name)),
    route("POST", "", (visit, name) => update(visit, repositories, name)),
    route("POST", "/forks", async (visit, from) => {
      const { organization, name } = await readJson(visit);
      return copy(visit, from, organization, name);
    }),
    route("POST", "/generate", async (visit, from) => {
      const { owner, name } = await readJson(visit);
      return copy(visit, from, owner, name);
    }),
    route("POST", "/(?:dispatches|actions/workflows/[^/]+/dispatches)", accepted),
  ];
}

/** The name of the repository with that number. */
export async function nameOfNumber(
  repositories: Repositories,
  number: string,
): Promise<string | undefined> {
  return (await repositories.names()).find((name) => String(numberOf(name)) === number);
}

async function all(repositories: Repositories): Promise<readonly object[]> {
  const names = await repositories.names();
  return Promise.all(names.map((name) => repositoryView(repositories, name)));
}

function notMade(visit: Visit, why: string): void {
  json(visit, 422, {
    message: "Repository creation failed.",
    errors: [{ resource: "Repository", code: "custom", field: "name", message: why }],
    documentation_url: "https://docs.github.com/rest",
    status: "422",
  });
}

async function remove(visit: Visit, repositories: Repositories, name: string): Promise<void> {
  await repositories.remove(name);
  visit.response.writeHead(204).end();
}

async function update(visit: Visit, repositories: Repositories, name: string): Promise<void> {
  const wanted = await readJson(visit);
  const { name: newName, default_branch: branch, archived, visibility } = wanted;
  const hidden = wanted["private"];
  const set = (key: string, value: string) =>
    repositories.git(name, ["config", `demo.${key}`, value]);
  if (typeof branch === "string") {
    if ((await repositories.head(name, `refs/heads/${branch}`)) === undefined)
      return problem(visit, 422, "Validation Failed");
    await repositories.git(name, ["symbolic-ref", "HEAD", `refs/heads/${branch}`]);
  }
  if (typeof visibility === "string") await set("visibility", visibility);
  else if (typeof hidden === "boolean") await set("visibility", hidden ? "private" : "public");
  if (typeof archived === "boolean") await set("archived", String(archived));
  const to = typeof newName === "string" ? `${name.split("/")[0]}/${newName}` : name;
  if (to !== name && !(await repositories.rename(name, to)))
    return problem(visit, 422, "Validation Failed");
  json(visit, 200, await repositoryView(repositories, to));
}

/** Workflows do not run here; to have started one is enough. */
function accepted(visit: Visit): void {
  visit.response.writeHead(204).end();
}
