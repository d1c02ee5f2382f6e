import type { Facts } from "../../core/facts.ts";
import type { Principal } from "../../core/principal.ts";
import type { Subject } from "../condition.ts";
import { longestText, mostCells, mostItems } from "./bounds.ts";

/** A fact is larger than expressions are shown. */
export class TooLarge extends Error {}

/** Gives the variables of an expression their values, only those that it names. Throws TooLarge. */
export function context(
  subject: Subject,
  used: ReadonlySet<string>,
  lists: Readonly<Record<string, readonly string[]>>,
): Record<string, unknown> {
  const { facts, operation } = subject;
  const values: Record<string, unknown> = {};
  const give = (name: string, read: () => unknown) => {
    if (used.has(name)) values[name] = read();
  };
  give("principal", () => bounded(principalValue(facts.principal)));
  give("operation", () => bounded({ ...operation }));
  give("request", () => requestValue(facts));
  give("connection", () => {
    const { name, kind } = facts.target.connection;
    return { name, kind };
  });
  give("session", () => bounded(facts.session));
  give("lists", () => lists);
  return values;
}

function principalValue({ id, issuer, subject, groups, claims, run }: Principal): unknown {
  return { id, issuer, subject, groups, claims, run: run ?? {} };
}

function requestValue({ head, body, at }: Facts): unknown {
  const headers: Record<string, string[]> = Object.create(null);
  for (const [name, value] of head.fields) {
    headers[name] ??= [];
    headers[name].push(value);
  }
  const [path = ""] = head.path.split("?");
  const shown = bounded({ method: head.method, path, host: head.authority, headers });
  return { ...(shown as object), size: BigInt(body.length), time: new Date(at) };
}

/** A copy in CEL's own types, whole numbers as `int`, that is no larger than the bounds. */
function bounded(value: unknown): unknown {
  let cells = 0;
  const spend = (amount: number, most: number) => {
    cells += amount;
    if (amount > most || cells > mostCells) throw new TooLarge();
  };
  const copy = (item: unknown): unknown => {
    switch (typeof item) {
      case "string":
        spend(item.length, longestText);
        return item;
      case "number":
        return Number.isSafeInteger(item) ? BigInt(item) : item;
      case "object":
        return item === null ? null : copyObject(item);
      case "boolean":
        return item;
      default:
        return null;
    }
  };
  const copyObject = (item: object): unknown => {
    const entries = Object.entries(item);
    spend(entries.length, mostItems);
    if (Array.isArray(item)) return entries.map(([, member]) => copy(member));
    return Object.fromEntries(entries.map(([key, member]) => [copy(key), copy(member)]));
  };
  return copy(value);
}
