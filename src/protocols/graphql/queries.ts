import type { Operation } from "../../core/operation.ts";
import type { Draft } from "../draft.ts";
import { atNodes } from "../places.ts";
import { isName, ownerResource, repositoryResource } from "../resource.ts";
import type { JsonObject } from "../strict-json.ts";
import type { RootField } from "./document.ts";

/** What one root field of a query reads: the repository, owner or node that it starts from, else the host. */
export function queryDraft(host: string, field: RootField): Draft {
  const given = field.arguments;
  if (field.name === "repository") return { operation: read(field, repositoryOf(host, given)) };
  if (field.name === "node" || field.name === "nodes") {
    const ids = [given["id"], given["ids"]].flat().filter((id) => typeof id === "string");
    return atNodes(host, read(field, host), ids.slice(0, 100));
  }
  const login = given["login"];
  const owner = typeof login === "string" && isName(login) ? ownerResource(host, login) : host;
  return { operation: read(field, owner) };
}

function repositoryOf(host: string, given: JsonObject): string {
  const { owner, name } = given;
  return typeof owner === "string" && typeof name === "string" && isName(owner) && isName(name)
    ? repositoryResource(host, owner, name)
    : host;
}

function read(field: RootField, resource: string): Operation {
  const name = field.name === "repository" ? "repository.read" : "graphql.read";
  return {
    protocol: "graphql",
    name,
    access: "read",
    resource,
    attributes: { field: field.name },
  };
}
