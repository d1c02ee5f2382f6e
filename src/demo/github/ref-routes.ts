import type { Repositories } from "../repositories.ts";
import { json, problem, type Route, readJson, type Visit } from "../visit.ts";
import { at } from "./at.ts";
import { nodeId } from "./node-id.ts";
import { isAncestor, isPlain, moveRef, noObject } from "./revision.ts";

/** Branches and tags. */
export function refRoutes(repositories: Repositories): readonly Route[] {
  const route = at(repositories);
  const one = (visit: Visit, name: string, ref = "") => show(visit, repositories, name, ref);
  const move = (visit: Visit, name: string, ref = "") => update(visit, repositories, name, ref);
  return [
    route("GET", "/git/refs?/(.+)", one),
    route("GET", "/git/matching-refs/(.*)", async (visit, name, prefix = "") =>
      json(visit, 200, await matching(repositories, name, `refs/${prefix}`)),
    ),
    route("GET", "/branches", async (visit, name) => {
      const refs = await matching(repositories, name, "refs/heads/");
      const shown = refs.map(({ ref, object }) => ({
        name: ref.slice("refs/heads/".length),
        commit: { sha: object.sha },
        protected: false,
      }));
      json(visit, 200, shown);
    }),
    route("GET", "/branches/(.+)", async (visit, name, branch = "") => {
      const sha = await tipOf(repositories, name, `refs/heads/${branch}`);
      if (sha === undefined) return problem(visit, 404, "Branch not found");
      json(visit, 200, { name: branch, commit: { sha }, protected: false });
    }),
    route("POST", "/git/refs", (visit, name) => create(visit, repositories, name)),
    route("PATCH", "/git/refs/(.+)", move),
    route("POST", "/git/refs/(.+)", move),
    route("DELETE", "/git/refs/(.+)", async (visit, name, ref = "") => {
      const before = await tipOf(repositories, name, `refs/${ref}`);
      if (before === undefined) return problem(visit, 422, "Reference does not exist");
      await repositories.git(name, ["update-ref", "-d", `refs/${ref}`, before]);
      visit.response.writeHead(204).end();
    }),
    route("POST", "/branches/(.+)/rename", async (visit, name, branch = "") => {
      const to = (await readJson(visit))["new_name"];
      const fits = typeof to === "string" && isPlain(to) && isPlain(branch);
      const renamed = fits && (await repositories.maybe(name, ["branch", "-m", branch, to]));
      if (renamed === undefined || renamed === false)
        return problem(visit, 422, "Validation Failed");
      json(visit, 201, { name: to });
    }),
  ];
}

/** The object that a full ref names, tags not followed. */
async function tipOf(
  repositories: Repositories,
  name: string,
  ref: string,
): Promise<string | undefined> {
  if (!isPlain(ref)) return undefined;
  return repositories.maybe(name, ["show-ref", "--verify", "--hash", ref]);
}

async function matching(repositories: Repositories, name: string, prefix: string) {
  const format = "--format=%(refname) %(objecttype) %(objectname)";
  const lines = await repositories.text(name, ["for-each-ref", format]);
  return lines
    .split("\n")
    .filter((line) => line.startsWith(prefix))
    .map((line) => {
      const [ref = "", type = "", sha = ""] = line.split(" ");
      return {
        ref,
        node_id: nodeId({ kind: "Ref", repository: name, ref }),
        object: { type, sha },
      };
    });
}

async function show(
  visit: Visit,
  repositories: Repositories,
  name: string,
  ref: string,
  status = 200,
): Promise<void> {
  const found = await matching(repositories, name, `refs/${ref}`);
  const exact = found.find((one) => one.ref === `refs/${ref}`);
  if (exact === undefined) return problem(visit, 404, "Not Found");
  json(visit, status, exact);
}

async function create(visit: Visit, repositories: Repositories, name: string): Promise<void> {
  const { ref, sha } = await readJson(visit);
  if (typeof ref !== "string" || !/^refs\/[^/]+\/./.test(ref) || !isPlain(ref))
    return problem(visit, 422, "Reference name must start with 'refs/' and have a name below");
  const known = await repositories.maybe(name, ["cat-file", "-t", String(sha)]);
  if (known === undefined) return problem(visit, 422, "Object does not exist");
  if (!(await moveRef(repositories, name, ref, String(sha), noObject)))
    return problem(visit, 422, "Reference already exists");
  return show(visit, repositories, name, ref.slice("refs/".length), 201);
}

async function update(
  visit: Visit,
  repositories: Repositories,
  name: string,
  ref: string,
): Promise<void> {
  const { sha, force } = await readJson(visit);
  const before = await tipOf(repositories, name, `refs/${ref}`);
  if (before === undefined) return problem(visit, 422, "Reference does not exist");
  if ((await repositories.maybe(name, ["cat-file", "-t", String(sha)])) === undefined)
    return problem(visit, 422, "Object does not exist");
  if (force !== true && !(await isAncestor(repositories, name, before, String(sha))))
    return problem(visit, 422, "Update is not a fast forward");
  if (!(await moveRef(repositories, name, `refs/${ref}`, String(sha), before)))
    return problem(visit, 409, "Reference was updated in the meantime");
  return show(visit, repositories, name, ref);
}
