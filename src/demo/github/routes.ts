import type { Repositories } from "../repositories.ts";
import { follow, problem, type Route } from "../visit.ts";
import { contentsRoutes } from "./contents-routes.ts";
import { answerGraphql } from "./graphql.ts";
import { GraphNodes } from "./graphql-nodes.ts";
import { historyRoutes } from "./history-routes.ts";
import { mcpRoutes } from "./mcp.ts";
import { objectRoutes } from "./object-routes.ts";
import { pullRoutes } from "./pull-routes.ts";
import { Pulls } from "./pulls.ts";
import { refRoutes } from "./ref-routes.ts";
import { nameOfNumber, repositoryRoutes } from "./repository-routes.ts";

/** GitHub's REST and GraphQL APIs and its MCP server over real repositories: what they are asked for really happens. */
export function githubRoutes(repositories: Repositories): readonly Route[] {
  const pulls = new Pulls(repositories);
  const nodes = new GraphNodes(repositories, pulls);
  const routes: readonly Route[] = [
    ...repositoryRoutes(repositories),
    ...contentsRoutes(repositories),
    ...objectRoutes(repositories),
    ...refRoutes(repositories),
    ...historyRoutes(repositories),
    ...pullRoutes(repositories, pulls),
    ...mcpRoutes(nodes),
    ["POST", /^\/graphql$/, (visit) => answerGraphql(visit, nodes)],
  ];
  return [
    ...routes,
    [
      "*",
      /^\/repositories\/(\d+)(|\/.*)$/,
      async (visit, number = "", tail = "") => {
        const name = await nameOfNumber(repositories, number);
        const url = new URL(`/repos/${name}${tail}${visit.url.search}`, visit.url);
        if (name === undefined || !(await follow(routes, { ...visit, url })))
          problem(visit, 404, "Not Found");
      },
    ],
  ];
}
