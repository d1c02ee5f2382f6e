import { z } from "zod";
import { err, ok, type Result } from "../../base/result.ts";
import type { Facts } from "../../core/facts.ts";
import type { DecisionWord } from "../../core/record.ts";
import type { Part } from "../condition.ts";
import { describedFacts, description } from "./description.ts";

/** What an audit record or a recording tells of one exchange, as JSON; what it tells beyond is not looked at. */
const recorded = z.object({
  id: z.string(),
  at: z.number(),
  decision: z.enum(["allow", "deny", "approve", "error"]),
  rules: z.array(z.string()).default([]),
  method: z.string(),
  path: z.string(),
  connection: z.object({ name: z.string(), kind: z.enum(["github-api", "git", "copilot"]) }),
  session: z.string().default(""),
  principal: z.object({
    id: z.string(),
    issuer: z.string(),
    subject: z.string(),
    groups: z.array(z.string()),
    claims: z.record(z.string(), z.unknown()).optional(),
    run: z.record(z.string(), z.string()).optional(),
  }),
  operations: z.array(
    z.object({
      protocol: z.string(),
      name: z.string(),
      access: z.enum(["read", "write"]),
      resource: z.string(),
      attributes: z.record(z.string(), z.unknown()),
      unknown: z.array(z.string()).exactOptional(),
    }),
  ),
  /** Operations that the record has no room for. */
  more: z.unknown().optional(),
  headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
  body: z.unknown().optional(),
});

/** An exchange as it was recorded, ready to be judged anew. */
export interface RecordedExchange {
  readonly id: string;
  /** What was decided then, and by which rules. */
  readonly past: { readonly decision: DecisionWord; readonly rules: readonly string[] };
  readonly facts: Facts;
  /** What the recording lacks. */
  readonly missing: ReadonlySet<Part>;
}

/** Reads one recorded exchange; an error where it cannot be judged anew: nobody was known, or nothing was asked. */
export function readRecorded(value: unknown): Result<RecordedExchange> {
  const parsed = recorded.safeParse(unwrap(value));
  if (!parsed.success) return err(parsed.error.issues[0]?.path.join(".") ?? "not a record");
  const {
    id,
    at,
    decision,
    rules,
    principal,
    connection,
    headers,
    body,
    more: __,
    ...rest
  } = parsed.data;
  if (isCut(parsed.data)) return err("the record was cut");
  const { id: _, ...who } = principal;
  const described = description.safeParse({
    ...rest,
    principal: who,
    connection: connection.name,
    kind: connection.kind,
    at: new Date(at).toISOString(),
    ...(headers === undefined ? {} : { headers }),
    ...(body === undefined ? {} : { body }),
  });
  if (!described.success) return err(described.error.issues[0]?.path.join(".") ?? "not a record");
  const missing = [
    ...(principal.claims === undefined ? (["claims"] as const) : []),
    ...(headers === undefined ? (["headers"] as const) : []),
    ...(body === undefined ? (["body"] as const) : []),
  ];
  const facts = describedFacts(described.data);
  return ok({
    id,
    past: { decision, rules },
    facts: { ...facts, at, principal: { ...facts.principal, id: principal.id } },
    missing: new Set(missing),
  });
}

/** The audit log bounds what it keeps, and says where it left something out. */
function isCut({ more, operations }: z.output<typeof recorded>): boolean {
  const dropped = operations.some(({ attributes }) => "sallyport.dropped" in attributes);
  return dropped || more !== undefined;
}

/** An audit event wraps its intent, and a record its event. */
function unwrap(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("event" in value) return unwrap(value.event);
  return "intent" in value ? value.intent : value;
}
