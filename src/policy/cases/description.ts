import { z } from "zod";
import { isNonEmpty } from "../../base/non-empty.ts";
import type { Facts } from "../../core/facts.ts";
import type { RecordId, SessionId } from "../../core/ids.ts";
import type { Operation } from "../../core/operation.ts";
import type { Principal, Run } from "../../core/principal.ts";
import { Fields } from "../../http/fields.ts";

const attribute = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]);

const operation = z.strictObject({
  name: z.string().min(1),
  protocol: z.string().default("github-rest"),
  access: z.enum(["read", "write"]),
  resource: z.string().default("github.com/acme/app"),
  attributes: z.record(z.string(), attribute).default({}),
  /** Attributes that could not be told in full. */
  unknown: z.array(z.string()).exactOptional(),
});

const run = z.strictObject({
  repository: z.string().default(""),
  repositoryId: z.string().default(""),
  repositoryOwnerId: z.string().default(""),
  runId: z.string().default(""),
  runAttempt: z.string().default(""),
  actor: z.string().default(""),
  actorId: z.string().default(""),
  workflowRef: z.string().default(""),
  jobWorkflowRef: z.string().default(""),
  environment: z.string().default(""),
  ref: z.string().default(""),
});

const principal = z.strictObject({
  issuer: z.string().default("github-actions"),
  subject: z.string().default("somebody"),
  groups: z.array(z.string()).default([]),
  claims: z.record(z.string(), z.unknown()).default({}),
  run: run.optional(),
});

/** A request as a person describes it; what is left out is unremarkable. */
export const description = z
  .strictObject({
    principal: principal.prefault({}),
    session: z.string().default("a-session"),
    connection: z.string().default("github-api"),
    kind: z.enum(["github-api", "git", "copilot"]).default("github-api"),
    operation: operation.optional(),
    /** Several, where one request asks for several. */
    operations: z.array(operation).min(1).optional(),
    /** ISO 8601; a Wednesday morning where it is left out. */
    at: z.iso.datetime({ offset: true }).default("2026-06-03T10:00:00Z"),
    method: z.string().default("GET"),
    path: z.string().startsWith("/").default("/"),
    headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])).default({}),
    /** Text as it is, anything else as JSON. */
    body: z.unknown().optional(),
  })
  .refine(
    ({ operation: one, operations: several }) => (one === undefined) !== (several === undefined),
    "must hold exactly one of operation, operations",
  );

export type Description = z.output<typeof description>;

/** The facts that the gateway would make of such a request. */
export function describedFacts(described: Description): Facts {
  const { connection: name, kind, method, path } = described;
  const operations: readonly Operation[] =
    described.operations ?? [described.operation].flatMap((o) => o ?? []);
  if (!isNonEmpty(operations)) throw new TypeError("a description without an operation");
  const host = "gateway.invalid";
  return {
    record: "00000000-0000-7000-8000-000000000000" as RecordId,
    at: Date.parse(described.at),
    principal: principalOf(described.principal),
    session: described.session as SessionId,
    target: {
      connection: { name, kind, hosts: [host], upstream: new URL(`https://${host}`) },
      path: { segments: [], query: "" },
    },
    head: { method, scheme: "https", authority: host, path, fields: fieldsOf(described.headers) },
    body: bytesOf(described.body),
    operations,
  };
}

function principalOf({ run: written, ...rest }: Description["principal"]): Principal {
  const known: Run | undefined = written;
  return {
    id: `${rest.issuer}:${rest.subject}`,
    ...rest,
    ...(known === undefined ? {} : { run: known }),
  };
}

function fieldsOf(headers: Description["headers"]): Fields {
  return new Fields(
    Object.entries(headers).flatMap(([name, values]) =>
      [values].flat().map((value) => [name.toLowerCase(), value] as const),
    ),
  );
}

function bytesOf(body: unknown): Uint8Array {
  if (body === undefined) return new Uint8Array(0);
  return new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body));
}
