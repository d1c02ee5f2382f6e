import {
  type DocumentNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
  type ValueNode,
  visit,
} from "graphql";
import { err, ok, type Result } from "../../base/result.ts";
import type { JsonObject } from "../strict-json.ts";

/** One field at the root of the operation that will run, its arguments with the variables filled in. */
export interface RootField {
  readonly name: string;
  /** The key under which the answer stands: the alias, or the name. */
  readonly key: string;
  readonly arguments: JsonObject;
}

/** What a document would do: every root field of the one operation that the server picks. */
export interface Asked {
  readonly type: "query" | "mutation";
  readonly fields: readonly RootField[];
}

const maxTokens = 20_000;
const maxFields = 200;

/**
 * Reads a document as the server does (GraphQL specification, section 6): picks the operation by name, follows
 * fragments, looks through aliases. Conditions (`@skip`) are taken as met. Whatever is defined twice is refused.
 */
export function readDocument(
  source: string,
  operationName: string | undefined,
  variables: JsonObject,
): Result<Asked> {
  let document: DocumentNode;
  try {
    document = parse(source, { maxTokens, noLocation: true });
  } catch {
    return err("the query is not a GraphQL document that can be judged");
  }
  if (definesTwice(document)) return err("the query defines one name twice");
  const operation = pick(document, operationName);
  if (!operation.ok) return operation;
  const type = operation.value.operation;
  if (type === "subscription") return err("subscriptions are not accepted");
  const fields: FieldNode[] = [];
  if (!collect(document, operation.value.selectionSet, fields, new Set()))
    return err("the query has a fragment that is missing, or too many root fields");
  const values = withDefaults(operation.value, variables);
  return ok({ type, fields: fields.map((field) => rootField(field, values)) });
}

function pick(document: DocumentNode, name: string | undefined): Result<OperationDefinitionNode> {
  const operations = document.definitions.filter(
    (definition) => definition.kind === Kind.OPERATION_DEFINITION,
  );
  const named =
    name === undefined ? operations : operations.filter((one) => one.name?.value === name);
  const [operation, second] = named;
  if (operation === undefined || second !== undefined)
    return err("the query does not say which of its operations is meant");
  return ok(operation);
}

/** Gathers root fields through fragments; false where it cannot see all of them. */
function collect(
  document: DocumentNode,
  set: SelectionSetNode,
  into: FieldNode[],
  seen: Set<string>,
): boolean {
  return set.selections.every((selection) => {
    if (selection.kind === Kind.FIELD) return into.push(selection) <= maxFields;
    if (selection.kind === Kind.INLINE_FRAGMENT)
      return collect(document, selection.selectionSet, into, seen);
    const name = selection.name.value;
    if (seen.has(name)) return true;
    seen.add(name);
    const fragment = document.definitions.find(
      (definition) =>
        definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === name,
    );
    return fragment?.kind === Kind.FRAGMENT_DEFINITION
      ? collect(document, fragment.selectionSet, into, seen)
      : false;
  });
}

/** Servers reject a repeated name, or should: two readers must not pick different ones. */
function definesTwice(document: DocumentNode): boolean {
  let twice = false;
  const check = (nodes: readonly { readonly name?: { readonly value: string } | undefined }[]) => {
    const names = nodes.map((node) => node.name?.value);
    if (new Set(names).size < names.length) twice = true;
  };
  const of = (kind: Kind) => document.definitions.filter((definition) => definition.kind === kind);
  check(of(Kind.OPERATION_DEFINITION) as readonly OperationDefinitionNode[]);
  check(of(Kind.FRAGMENT_DEFINITION) as readonly { readonly name: { readonly value: string } }[]);
  visit(document, {
    ObjectValue: (node) => check(node.fields),
    Field: (node) => check(node.arguments ?? []),
    OperationDefinition: (node) =>
      check((node.variableDefinitions ?? []).map((definition) => definition.variable)),
  });
  return twice;
}

function withDefaults(operation: OperationDefinitionNode, variables: JsonObject): JsonObject {
  const values: Record<string, unknown> = {};
  for (const definition of operation.variableDefinitions ?? []) {
    const name = definition.variable.name.value;
    if (Object.hasOwn(variables, name)) values[name] = variables[name];
    else if (definition.defaultValue !== undefined)
      values[name] = plain(definition.defaultValue, {});
  }
  return values;
}

function rootField(field: FieldNode, variables: JsonObject): RootField {
  const given = (field.arguments ?? []).map((argument): [string, unknown] => [
    argument.name.value,
    plain(argument.value, variables),
  ]);
  return {
    name: field.name.value,
    key: field.alias?.value ?? field.name.value,
    arguments: Object.fromEntries(given),
  };
}

/** A value as JSON; `undefined` for a variable that was not given. */
function plain(node: ValueNode, variables: JsonObject): unknown {
  switch (node.kind) {
    case Kind.VARIABLE:
      return variables[node.name.value];
    case Kind.NULL:
      return null;
    case Kind.LIST:
      return node.values.map((value) => plain(value, variables));
    case Kind.OBJECT:
      return Object.fromEntries(
        node.fields.map((field) => [field.name.value, plain(field.value, variables)]),
      );
    default:
      return node.value;
  }
}
