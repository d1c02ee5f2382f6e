import { buildSchema, graphql } from "graphql";
import { isRecord, json, problem, readJson, type Visit } from "../visit.ts";
import { mutations } from "./graphql-mutations.ts";
import type { GraphNodes } from "./graphql-nodes.ts";
import { schemaText } from "./graphql-schema.ts";

const schema = buildSchema(schemaText);

/** Answers a GraphQL request by really running it: fragments, aliases, variables and all. */
export async function answerGraphql(visit: Visit, nodes: GraphNodes): Promise<void> {
  const { query, variables, operationName } = await readJson(visit);
  if (typeof query !== "string") return problem(visit, 400, "A query attribute must be specified");
  const { data, errors } = await graphql({
    schema,
    source: query,
    rootValue: rootOf(nodes),
    variableValues: isRecord(variables) ? variables : {},
    operationName: typeof operationName === "string" && operationName !== "" ? operationName : null,
  });
  const told = errors?.map(({ message, path, locations, extensions }) => ({
    ...(typeof extensions["type"] === "string" ? { type: extensions["type"] } : {}),
    ...(path === undefined ? {} : { path }),
    locations,
    message,
  }));
  json(visit, 200, { ...(data === undefined ? {} : { data }), ...(told ? { errors: told } : {}) });
}

function rootOf(nodes: GraphNodes): object {
  const login = (given: { readonly login: string }) => nodes.account(given.login);
  const fields = Object.entries(mutations).map(([name, mutate]) => [
    name,
    async ({ input }: { readonly input: Readonly<Record<string, unknown>> }) => ({
      clientMutationId: input["clientMutationId"] ?? null,
      ...(await mutate(nodes, input)),
    }),
  ]);
  return {
    viewer: nodes.account(),
    repository: ({ owner, name }: { readonly owner: string; readonly name: string }) =>
      nodes.repository(`${owner}/${name}`),
    repositoryOwner: login,
    organization: login,
    user: login,
    node: ({ id }: { readonly id: string }) => nodes.node(id),
    nodes: ({ ids }: { readonly ids: readonly string[] }) => ids.map((id) => nodes.node(id)),
    ...Object.fromEntries(fields),
  };
}
