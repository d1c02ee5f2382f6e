import { accessOf, nameOf } from "./github-rest/names.ts";
import table from "./github-rest/table.json" with { type: "json" };
import { namedMutations } from "./graphql/known-mutations.ts";
import { knownTools } from "./mcp/tools.ts";

/** Names that no table holds: read from bodies, command lists and methods. */
const single = [
  ...["push", "push.discover", "push.probe", "fetch", "lfs.upload", "lfs.download"],
  ...["lfs.lock.read", "lfs.lock.write", "ref.create", "ref.update", "ref.delete", "ref.rename"],
  ...["contents.write", "branch.merge", "repository.create", "pull_request.create"],
  ...["repository.read", "graphql.read", "copilot.token", "model.call", "model.list"],
  ...["mcp.session", "mcp.list", "mcp.read", "tool.call", "workflow.dispatch", "workflow.rerun"],
  ...["workflow.write", "unknown.read", "unknown.write"],
];

/** Every name that an operation can have, sorted: what a policy may ask for. */
export const operationNames: readonly string[] = [
  ...new Set([
    ...single,
    ...namedMutations.values(),
    ...[...knownTools.values()].map(({ name }) => name),
    ...Object.entries(table).map(([operationId, route]) => routeName(operationId, route)),
  ]),
].sort();

function routeName(operationId: string, route: string): string {
  const [method = "", template = ""] = route.split(" ");
  return nameOf(operationId, template, accessOf(method, operationId));
}
