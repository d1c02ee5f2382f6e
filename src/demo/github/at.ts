import type { Repositories } from "../repositories.ts";
import { problem, type Route, type Visit } from "../visit.ts";

type Serve = (visit: Visit, name: string, ...groups: readonly string[]) => Promise<void> | void;

/** A route below `/repos/{owner}/{repo}`, for repositories that are there; for all others GitHub knows of nothing. */
export function at(
  repositories: Repositories,
): (method: string, tail: string, serve: Serve) => Route {
  return (method, tail, serve) => [
    method,
    new RegExp(`^/repos/([^/]+)/([^/]+)${tail}$`),
    (visit, owner, repository, ...groups) => {
      const name = `${owner}/${repository}`;
      if (!repositories.has(name)) return problem(visit, 404, "Not Found");
      return serve(visit, name, ...groups);
    },
  ];
}
