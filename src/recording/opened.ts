import { Recent } from "../base/recent.ts";
import type { Masker } from "../core/finding.ts";
import type { Keep } from "../core/keep.ts";
import type { Principal } from "../core/principal.ts";
import type { Opening } from "../core/recording.ts";
import { type MaskText, textMasker } from "../core/text-masker.ts";
import type { Fields } from "../http/fields.ts";
import type { Line, Opened } from "./entry.ts";

/** Header lines that are a credential, whatever they hold. */
const credentials = new Set([
  "authorization",
  "proxy-authorization",
  "cookie",
  "set-cookie",
  "x-api-key",
  "api-key",
  "private-token",
  "x-goog-api-key",
]);

/** How an exchange's recording begins: nothing of the client's credentials, and no secret that a rule knows. */
export function openedOf(opening: Opening, keep: Keep, masker: Masker): Opened {
  const { head, decision, principal, connection, protocol, operations } = opening;
  const clean = textMasker(masker);
  const path = clean("path", head.path);
  const { lines: headers, same: sameHeaders } = keptFields(head.fields, masker);
  const { principal: who, same } = cleanPrincipal(principal, masker);
  const altered = [
    ...(path === head.path ? [] : ["path" as const]),
    ...(sameHeaders ? [] : ["headers" as const]),
    ...(same ? [] : ["claims" as const]),
  ];
  const rulings = decision?.rulings ?? [];
  return {
    record: opening.record,
    at: opening.at,
    level: keep.level,
    ...(keep.raw ? { raw: true as const } : {}),
    ...(keep.class === undefined ? {} : { class: keep.class }),
    principal: who,
    connection,
    protocol,
    method: head.method,
    path,
    scheme: head.scheme,
    authority: head.authority,
    headers,
    operations: cleanValue(operations, clean),
    rules: unique(rulings.map(({ rule }) => rule)),
    observed: unique(rulings.flatMap(({ observed }) => observed)),
    ...(decision === undefined ? {} : { policyDigest: decision.policyDigest }),
    ...(altered.length === 0 ? {} : { altered }),
  };
}

function unique(ids: readonly string[]): readonly string[] {
  return ids.length < 2 ? ids : [...new Set(ids)];
}

interface CleanPrincipal {
  readonly masker: Masker;
  readonly principal: Opened["principal"];
  /** Whether its claims held no secret. */
  readonly same: boolean;
}

/** Of late: a session has the same principal with each of its requests. */
const cleaned = new WeakMap<Principal, CleanPrincipal>();

function cleanPrincipal(told: Principal, masker: Masker): CleanPrincipal {
  const before = cleaned.get(told);
  if (before?.masker === masker) return before;
  const claims = cleanValue(told.claims, textMasker(masker));
  const clean = { masker, principal: { ...told, claims }, same: claims === told.claims };
  cleaned.set(told, clean);
  return clean;
}

/** Header lines without credentials and without secrets; `same`: none of those that are left held any. */
export function keptFields(
  fields: Fields,
  masker: Masker,
): { readonly lines: readonly Line[]; readonly same: boolean } {
  const clean = textMasker(masker);
  const lines: Line[] = [];
  let same = true;
  for (let line = 0; line < fields.count; line++) {
    const [name, value] = [fields.nameAt(line), fields.valueAt(line)];
    if (credentials.has(name)) continue;
    const kept = clean(channels.take(name, channelOf), value);
    if (kept !== value) same = false;
    lines.push([name, kept]);
  }
  return { lines, same };
}

const channels = new Recent<string>(256);

function channelOf(name: string): string {
  return `header.${name}`;
}

/** The same value where it holds no secret. */
function cleanValue<Value>(value: Value, clean: MaskText): Value {
  return isClean(value, clean, "text") ? value : (masked(value, clean, "text") as Value);
}

function isClean(value: unknown, clean: MaskText, name: string): boolean {
  if (typeof value === "string") return clean(name, value) === value;
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value)) return value.every((item) => isClean(item, clean, name));
  for (const key in value)
    if (!isClean((value as Record<string, unknown>)[key], clean, key)) return false;
  return true;
}

function masked(value: unknown, clean: MaskText, name: string): unknown {
  if (typeof value === "string") return clean(name, value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => masked(item, clean, name));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, masked(item, clean, key)]),
  );
}
