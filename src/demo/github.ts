import type { Repositories } from "./repositories.ts";
import { isRecord, json, problem, type Route, readJson, type Visit } from "./visit.ts";

const login = "demo-bot";
const viewer = { login, id: 4242, node_id: "U_demo", type: "User", site_admin: false };

/** GitHub's REST and GraphQL API over real repositories: as much of it as the demo and the tests speak. */
export function githubRoutes(repositories: Repositories): readonly Route[] {
  const repo = "/repos/([^/]+)/([^/]+)";
  return [
    ["GET", /^\/user$/, (visit) => json(visit, 200, viewer)],
    ["HEAD", /^\/user$/, (visit) => json(visit, 200, viewer)],
    ["GET", /^\/user\/repos$/, (visit) => list(visit, repositories)],
    ["POST", /^\/user\/repos$/, (visit) => create(visit, repositories, login)],
    ["POST", /^\/orgs\/([^/]+)\/repos$/, (visit, org = "") => create(visit, repositories, org)],
    ["POST", /^\/graphql$/, graphql],
    ["GET", path(repo), (visit, o, r) => show(visit, repositories, `${o}/${r}`)],
    ["DELETE", path(repo), (visit, o, r) => remove(visit, repositories, `${o}/${r}`)],
    [
      "GET",
      path(`${repo}/contents/(.+)`),
      (visit, o, r, file = "") => getContents(visit, repositories, `${o}/${r}`, file),
    ],
    [
      "PUT",
      path(`${repo}/contents/(.+)`),
      (visit, o, r, file = "") => putContents(visit, repositories, `${o}/${r}`, file),
    ],
    [
      "GET",
      path(`${repo}/(?:git/ref|git/refs)/(.+)`),
      (visit, o, r, ref = "") => getRef(visit, repositories, `${o}/${r}`, ref),
    ],
  ];
}

function path(pattern: string): RegExp {
  return new RegExp(`^${pattern}$`);
}

function describe(name: string): object {
  const [owner = "", short = ""] = name.split("/");
  return {
    id: [...name].reduce((id, letter) => (id * 31 + letter.charCodeAt(0)) % 1_000_000_007, 7),
    name: short,
    full_name: name,
    private: true,
    owner: { ...viewer, login: owner },
    html_url: `https://github.com/${name}`,
    clone_url: `https://github.com/${name}.git`,
    default_branch: "main",
  };
}

async function list(visit: Visit, repositories: Repositories): Promise<void> {
  json(visit, 200, (await repositories.names()).map(describe));
}

async function create(visit: Visit, repositories: Repositories, owner: string): Promise<void> {
  const { name } = await readJson(visit);
  if (typeof name !== "string") return problem(visit, 422, "Repository creation failed.");
  const created = await repositories.create(`${owner}/${name}`);
  if (created.ok) json(visit, 201, describe(`${owner}/${name}`));
  else
    json(visit, 422, {
      message: "Repository creation failed.",
      errors: [{ resource: "Repository", code: "custom", field: "name", message: created.error }],
      documentation_url: "https://docs.github.com/rest",
      status: "422",
    });
}

function show(visit: Visit, repositories: Repositories, name: string): void {
  if (repositories.has(name)) json(visit, 200, describe(name));
  else problem(visit, 404, "Not Found");
}

async function remove(visit: Visit, repositories: Repositories, name: string): Promise<void> {
  if (!repositories.has(name)) return problem(visit, 404, "Not Found");
  await repositories.remove(name);
  visit.response.writeHead(204).end();
}

async function getContents(
  visit: Visit,
  repositories: Repositories,
  name: string,
  file: string,
): Promise<void> {
  const revision = visit.url.searchParams.get("ref") ?? "main";
  const stored = repositories.has(name) ? await repositories.read(name, revision, file) : undefined;
  if (stored === undefined) return problem(visit, 404, "Not Found");
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

async function putContents(
  visit: Visit,
  repositories: Repositories,
  name: string,
  file: string,
): Promise<void> {
  const { message, content, branch = "main", sha } = await readJson(visit);
  if (!repositories.has(name)) return problem(visit, 404, "Not Found");
  if (typeof message !== "string" || typeof content !== "string" || typeof branch !== "string")
    return problem(visit, 422, 'Invalid request.\n\n"message" and "content" are needed.');
  const written = await repositories.write(name, {
    branch,
    path: file,
    message,
    content: Buffer.from(content, "base64"),
    ...(typeof sha === "string" ? { sha } : {}),
  });
  if (!written.ok) return problem(visit, typeof sha === "string" ? 409 : 422, written.error);
  json(visit, typeof sha === "string" ? 200 : 201, {
    content: { name: file.split("/").at(-1), path: file, sha: written.value.blob },
    commit: { sha: written.value.commit, message },
  });
}

async function getRef(
  visit: Visit,
  repositories: Repositories,
  name: string,
  ref: string,
): Promise<void> {
  const sha = repositories.has(name) ? await repositories.head(name, `refs/${ref}`) : undefined;
  if (sha === undefined) return problem(visit, 404, "Not Found");
  json(visit, 200, { ref: `refs/${ref}`, object: { type: "commit", sha } });
}

async function graphql(visit: Visit): Promise<void> {
  const { query } = await readJson(visit);
  if (typeof query === "string" && /\bviewer\b/.test(query) && !/\bmutation\b/.test(query))
    return json(visit, 200, { data: { viewer: { login, id: viewer.node_id } } });
  const message = isRecord(query)
    ? "Problems parsing JSON"
    : "The demo answers the viewer query only";
  json(visit, 200, { data: null, errors: [{ type: "NOT_IMPLEMENTED", message }] });
}
