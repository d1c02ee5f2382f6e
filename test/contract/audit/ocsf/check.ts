import { readFileSync } from "node:fs";
import { join } from "node:path";

interface Attribute {
  readonly type?: string;
  readonly object?: string;
  readonly array?: boolean;
  readonly required?: boolean;
  readonly profile?: string;
  readonly enum?: readonly string[];
}
interface Shape {
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly constraints: { readonly at_least_one?: readonly string[] };
}
interface Schema {
  readonly types: Readonly<
    Record<string, { type?: string; regex?: string; range?: [number, number] }>
  >;
  readonly classes: Readonly<
    Record<string, Shape & { readonly class_uid: number; readonly category_uid: number }>
  >;
  readonly objects: Readonly<Record<string, Shape>>;
}

const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, "schema-1.8.0.json"), "utf8"),
) as Schema;

type Fields = Readonly<Record<string, unknown>>;

/** Everything in which an event departs from OCSF 1.8: unknown or missing attributes, types, enumerations, uids, constraints. */
export function ocsfProblems(event: Fields): readonly string[] {
  const known = Object.values(schema.classes).find((one) => one.class_uid === event["class_uid"]);
  if (known === undefined) return [`no class ${event["class_uid"]}`];
  const problems: string[] = [];
  if (event["category_uid"] !== known.category_uid) problems.push("category_uid");
  if (event["type_uid"] !== known.class_uid * 100 + Number(event["activity_id"]))
    problems.push("type_uid");
  const { profiles = [] } = event["metadata"] as { profiles?: readonly string[] };
  return [...problems, ...shape("", event, known, profiles)];
}

/** Attributes of a profile count only where the event names the profile. */
function shape(path: string, value: Fields, of: Shape, profiles: readonly string[]): string[] {
  const problems: string[] = [];
  for (const [name, attribute] of Object.entries(of.attributes)) {
    const { required = false, profile } = attribute;
    const applies = profile === undefined || profiles.includes(profile);
    if (required && applies && value[name] === undefined)
      problems.push(`${path}${name} is missing`);
    if (!applies && value[name] !== undefined)
      problems.push(`${path}${name} needs profile ${profile}`);
  }
  for (const [name, item] of Object.entries(value)) {
    const attribute = of.attributes[name];
    if (attribute === undefined) problems.push(`${path}${name} is unknown`);
    else problems.push(...checked(path + name, item, attribute, profiles));
  }
  const any = of.constraints.at_least_one;
  if (any !== undefined && !any.some((name) => value[name] !== undefined))
    problems.push(`${path} has none of ${any.join(", ")}`);
  return problems;
}

function checked(
  path: string,
  value: unknown,
  attribute: Attribute,
  profiles: readonly string[],
): string[] {
  const { array = false, ...single } = attribute;
  if (array) {
    if (!Array.isArray(value)) return [`${path} is no list`];
    return value.flatMap((item, at) => checked(`${path}[${at}]`, item, single, profiles));
  }
  if (attribute.object === "object")
    return typeof value === "object" ? [] : [`${path} is no object`];
  if (attribute.object !== undefined) {
    const known = schema.objects[attribute.object];
    if (known === undefined) return [`${path}: the object ${attribute.object} is not vendored`];
    return shape(`${path}.`, value as Fields, known, profiles);
  }
  if (attribute.enum !== undefined && !attribute.enum.includes(String(value)))
    return [`${path} has no value ${value}`];
  return typed(path, value, attribute.type ?? "string_t");
}

function typed(path: string, value: unknown, type: string): string[] {
  const { type: base = type, regex, range } = schema.types[type] ?? {};
  const integer = base === "integer_t" || base === "long_t";
  const fits = integer
    ? Number.isSafeInteger(value)
    : base === "boolean_t"
      ? typeof value === "boolean"
      : base === "json_t" || typeof value === "string";
  if (!fits) return [`${path} is no ${type}: ${value}`];
  if (regex !== undefined && !new RegExp(regex).test(String(value)))
    return [`${path} is no ${type}`];
  if (range !== undefined && (Number(value) < range[0] || Number(value) > range[1]))
    return [`${path} is out of range`];
  return [];
}
