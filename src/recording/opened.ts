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
  const headers = keptFields(head.fields, masker);
  const { claims, same } = cleanClaims(principal.claims, masker);
  const altered = [
    ...(path === head.path ? [] : ["path" as const]),
    ...(sameLines(headers, head.fields) ? [] : ["headers" as const]),
    ...(same ? [] : ["claims" as const]),
  ];
  const rulings = decision?.rulings ?? [];
  return {
    record: opening.record,
    at: opening.at,
    level: keep.level,
    ...(keep.raw ? { raw: true as const } : {}),
    ...(keep.class === undefined ? {} : { class: keep.class }),
    principal: { ...principal, claims },
    connection,
    protocol,
    method: head.method,
    path,
    scheme: head.scheme,
    authority: head.authority,
    headers,
    operations: cleanValue(operations, clean) as Opened["operations"],
    rules: [...new Set(rulings.map(({ rule }) => rule))],
    observed: [...new Set(rulings.flatMap(({ observed }) => observed))],
    ...(decision === undefined ? {} : { policyDigest: decision.policyDigest }),
    ...(altered.length === 0 ? {} : { altered }),
  };
}

interface CleanClaims {
  readonly masker: Masker;
  readonly claims: Principal["claims"];
  /** Whether they held no secret. */
  readonly same: boolean;
}

/** Of late: the claims of a session are the same with each of its requests. */
const cleanedClaims = new WeakMap<Principal["claims"], CleanClaims>();

function cleanClaims(told: Principal["claims"], masker: Masker): CleanClaims {
  const known = cleanedClaims.get(told);
  if (known?.masker === masker) return known;
  const claims = cleanValue(told, textMasker(masker)) as Principal["claims"];
  const cleaned = { masker, claims, same: JSON.stringify(claims) === JSON.stringify(told) };
  cleanedClaims.set(told, cleaned);
  return cleaned;
}

/** Header lines without credentials and without secrets. */
export function keptFields(fields: Fields, masker: Masker): readonly Line[] {
  const clean = textMasker(masker);
  return [...fields]
    .filter(([name]) => !credentials.has(name))
    .map(([name, value]) => [name, clean(`header.${name}`, value)] as const);
}

function cleanValue(value: unknown, clean: MaskText, name = "text"): unknown {
  if (typeof value === "string") return clean(name, value);
  if (Array.isArray(value)) return value.map((item) => cleanValue(item, clean, name));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, cleanValue(item, clean, key)]),
  );
}

function sameLines(kept: readonly Line[], fields: Fields): boolean {
  const before = [...fields].filter(([name]) => !credentials.has(name));
  return before.every(([, value], index) => kept[index]?.[1] === value);
}
