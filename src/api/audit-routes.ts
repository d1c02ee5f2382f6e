import { type Context, Hono } from "hono";
import { z } from "zod";
import { approverOf, named } from "../approvals/approver.ts";
import type { Audit } from "../audit/audit.ts";
import { type IndexKey, indexKinds } from "../audit/index/index-keys.ts";
import type { FoundItem } from "../audit/index/query-file.ts";
import type { Env } from "./guard.ts";
import type { OpenApiPaths } from "./openapi.ts";
import { problem } from "./problem.ts";

export interface AuditRouteParts {
  readonly audit: Pick<Audit, "records" | "checkpoint" | "proof">;
  /** `group:name` or principal ids that may read the evidence; nobody else may. */
  readonly readers: readonly string[];
}

const mostRecords = 1000;
const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const filters = Object.fromEntries(
  indexKinds.map((kind) => [kind, z.string().min(1).max(512).optional()]),
) as Record<(typeof indexKinds)[number], z.ZodOptional<z.ZodString>>;
const query = z.strictObject({
  ...filters,
  from: time.optional(),
  to: time.optional(),
  limit: z.coerce.number().int().min(1).max(mostRecords).default(100),
});

/** `/api/v1/audit…`, behind the guard: the evidence, for those who may read all of it. */
export function auditRoutes({ audit, readers }: AuditRouteParts): Hono<Env> {
  const app = new Hono<Env>();
  app.use(async (c, next) => (named(approverOf(c.get("principal")), readers) ? next() : closed(c)));
  app.get("/records", async (c) => {
    const read = query.safeParse(c.req.query());
    if (!read.success) return invalid(c, read.error);
    const { from, to, limit, ...wanted } = read.data;
    const keys = Object.entries(wanted).flatMap(([kind, value]) =>
      value === undefined ? [] : [[kind, value] as IndexKey],
    );
    const found = await audit.records({
      keys,
      limit,
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    });
    return c.json({ records: found.map(viewOf) });
  });
  app.get("/checkpoint", (c) => {
    const checkpoint = audit.checkpoint();
    return checkpoint === undefined
      ? missing(c, "There is no checkpoint yet.")
      : c.text(checkpoint);
  });
  app.get("/proof/:record", async (c) => {
    const proof = await audit.proof(c.req.param("record"));
    return proof.ok ? c.text(proof.value) : missing(c, proof.error);
  });
  return app;
}

function viewOf({ item, record, ended }: FoundItem): object {
  const { replica, boot, seq, n } = record;
  const place = { replica, boot, seq, n };
  return item.kind === "act"
    ? { kind: "act", at: record.at, act: item.act, place }
    : { kind: "exchange", ended, intent: item.intent, completion: item.completion, place };
}

function closed(c: Context<Env>): Response {
  return problem(c, {
    status: 403,
    code: "denied",
    detail: "The evidence is for those whom approvals.approvers names.",
  });
}

function missing(c: Context<Env>, detail: string): Response {
  return problem(c, { status: 404, code: "not_found", detail });
}

function invalid(c: Context<Env>, error: z.ZodError): Response {
  const detail = error.issues
    .map(({ path, message }) => `${path.join(".") || "the query"}: ${message}`)
    .join("; ");
  return problem(c, { status: 400, code: "malformed", detail });
}

/** How the OpenAPI document tells of these routes. */
export function auditPaths(): OpenApiPaths {
  const words = [...indexKinds, "from", "to", "limit"].map((name) => ({
    name,
    in: "query",
    schema: { type: name === "limit" ? "integer" : "string" },
  }));
  const answer = (description: string, type: string) => ({
    "200": { description, content: { [type]: { schema: {} } } },
    "403": { description: "the caller may not read the evidence" },
  });
  const record = { name: "record", in: "path", required: true, schema: { type: "string" } };
  return {
    "/api/v1/audit/records": {
      get: {
        operationId: "findRecords",
        summary: "Who triggered it, what was exposed, what was decided; newest first",
        parameters: words,
        responses: answer("what was found", "application/json"),
      },
    },
    "/api/v1/audit/checkpoint": {
      get: {
        operationId: "getCheckpoint",
        summary: "The newest signed checkpoint of the transparency log (C2SP tlog-checkpoint)",
        responses: answer("a signed note", "text/plain"),
      },
    },
    "/api/v1/audit/proof/{record}": {
      get: {
        operationId: "getProof",
        summary: "The proof that a record is in the log (C2SP tlog-proof)",
        parameters: [record],
        responses: answer("a .tlog-proof file", "text/plain"),
      },
    },
  };
}
