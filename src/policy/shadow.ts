import type { BoundRule } from "./rule.ts";
import type { When } from "./schema.ts";

/**
 * For each rule the earlier one that leaves it nothing to rule, where there is one: everything that the later asks for,
 * the earlier asks for too, or less. Errs on the side of silence: a rule that is named can certainly never rule.
 */
export function shadowsOf(rules: readonly BoundRule[]): ReadonlyMap<BoundRule, BoundRule> {
  const shadows = new Map<BoundRule, BoundRule>();
  const byOperation = new Map<string, BoundRule[]>();
  for (const rule of rules) {
    const [first = anyOperation] = operationsOf(rule);
    const earlier = [...(byOperation.get(anyOperation) ?? []), ...(byOperation.get(first) ?? [])];
    const shadow = earlier.find((other) => covers(other, rule));
    if (shadow !== undefined) shadows.set(rule, shadow);
    if (rule.mode === "enforce") file(byOperation, rule);
  }
  return shadows;
}

/** Under this name are rules that may cover a rule about any operation. */
const anyOperation = "**";

/** Files a rule under every operation that it names, so that only rules with one in common are compared. */
function file(byOperation: Map<string, BoundRule[]>, rule: BoundRule): void {
  const named = operationsOf(rule);
  const plain = named.length > 0 && named.every((name) => !/[*@]/.test(name));
  for (const key of plain ? named : [anyOperation]) {
    const filed = byOperation.get(key) ?? [];
    filed.push(rule);
    byOperation.set(key, filed);
  }
}

function operationsOf({ source: { when } }: BoundRule): readonly string[] {
  return when.operation === undefined ? [] : [when.operation].flat();
}

function covers(wide: BoundRule, narrow: BoundRule): boolean {
  const { when, narrowed } = wide.source;
  if (narrowed || when.body !== undefined || when.time !== undefined || when.size !== undefined)
    return false;
  // A rule that refuses reads a list as "some", one that lets go as "every": only like can be compared with like.
  const alike = (wide.effect === "allow") === (narrow.effect === "allow");
  if (!alike && (when.attributes !== undefined || when.headers !== undefined)) return false;
  return asksLess(when, narrow.source.when);
}

function asksLess(wide: When, narrow: When): boolean {
  return (
    (wide.access === undefined || wide.access === narrow.access) &&
    patternsCover(wide.protocol, narrow.protocol) &&
    patternsCover(wide.operation, narrow.operation) &&
    patternsCover(wide.resource, narrow.resource) &&
    patternsCover(wide.connection, narrow.connection) &&
    recordCovers(wide.attributes, narrow.attributes) &&
    recordCovers(wide.headers, narrow.headers) &&
    principalCovers(wide.principal, narrow.principal)
  );
}

type Written = string | readonly string[] | undefined;

function patternsCover(wide: Written, narrow: Written): boolean {
  if (wide === undefined) return true;
  if (narrow === undefined) return false;
  const wides = [wide].flat();
  return [narrow].flat().every((one) => wides.some((other) => patternCovers(other, one)));
}

/** Whether every text that the narrow glob matches is matched by the wide one, as far as that is plain to see. */
function patternCovers(wide: string, narrow: string): boolean {
  if (wide === narrow || wide === "**") return true;
  if (!wide.endsWith("*") || wide.startsWith("@") || narrow.startsWith("@")) return false;
  const head = wide.replace(/\*+$/, "");
  if (head.includes("*") || !narrow.startsWith(head)) return false;
  if (wide.endsWith("**")) return true;
  const rest = narrow.slice(head.length);
  return !rest.includes("/") && !rest.includes("**");
}

/** Conditions by name: those of the wide rule must stand in the narrow one, word for word. */
function recordCovers(
  wide: Readonly<Record<string, unknown>> | undefined,
  narrow: Readonly<Record<string, unknown>> | undefined,
): boolean {
  return Object.entries(wide ?? {}).every(
    ([name, test]) =>
      narrow !== undefined &&
      Object.hasOwn(narrow, name) &&
      JSON.stringify(narrow[name]) === JSON.stringify(test),
  );
}

function principalCovers(wide: When["principal"], narrow: When["principal"]): boolean {
  const { claims: wideClaims, ...wideFields } = wide ?? {};
  const { claims: narrowClaims, ...narrowFields } = narrow ?? {};
  const fields: Readonly<Record<string, Written>> = narrowFields;
  return (
    recordCovers(wideClaims, narrowClaims) &&
    Object.entries(wideFields).every(([name, patterns]) => patternsCover(patterns, fields[name]))
  );
}
