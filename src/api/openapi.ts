import { z } from "zod";
import {
  approvalPage,
  approveBody,
  denyBody,
  listQuery,
  problemDocument,
  reviewBody,
  revokeBody,
} from "./approval-schemas.ts";
import { approvalView } from "./approval-view.ts";

/** Paths of an OpenAPI document, as a mounted part describes its own. */
export type OpenApiPaths = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The OpenAPI 3.1 document of everything under one address. */
export function openApiDocument(version: string, mounted: readonly OpenApiPaths[]): unknown {
  return {
    openapi: "3.1.0",
    info: {
      title: "Sallyport",
      version,
      description:
        "Approvals, sessions and evidence of the gateway. Errors are RFC 9457 documents.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ oidc: [] }],
    paths: Object.assign({}, approvalPaths(), systemPaths(), ...mounted),
    components: {
      securitySchemes: {
        oidc: {
          type: "http",
          scheme: "bearer",
          description: "An OIDC id token of a configured issuer, or a session token.",
        },
      },
      schemas: schemas(),
    },
  };
}

function approvalPaths(): OpenApiPaths {
  const one = [parameter("id", "path", { type: "string" })];
  const approval = json("the approval as it now stands", "Approval");
  const word = (operationId: string, summary: string, body: string) => ({
    post: {
      operationId,
      summary,
      parameters: one,
      requestBody: { content: { "application/json": { schema: ref(body) } } },
      responses: { 200: approval, ...problems(400, 401, 403, 404, 409, 410, 415, 422, 503) },
    },
  });
  return {
    "/api/v1/approvals": {
      get: {
        operationId: "listApprovals",
        summary: "The approvals that the caller may see, newest first",
        parameters: queryParameters(),
        responses: { 200: json("a page", "Approvals"), ...problems(400, 401, 503) },
      },
    },
    "/api/v1/approvals/events": {
      get: {
        operationId: "watchApprovals",
        summary: "Server-sent events named `approval`, one per change: { id, state, version, at }",
        responses: {
          200: { description: "a stream", content: { "text/event-stream": {} } },
          ...problems(401, 503),
        },
      },
    },
    "/api/v1/approvals/{id}": {
      get: {
        operationId: "getApproval",
        summary: "One approval",
        parameters: one,
        responses: {
          200: json("the approval", "Approval"),
          ...problems(401, 403, 404, 503),
        },
      },
    },
    "/api/v1/approvals/{id}/approve": word("approve", "Says yes", "Approve"),
    "/api/v1/approvals/{id}/deny": word("deny", "Says no, which settles it", "Deny"),
    "/api/v1/approvals/{id}/revoke": word("revoke", "Takes back what was not used yet", "Revoke"),
    "/api/v1/approvals/{id}/review": word("review", "Closes the review of a break-glass", "Review"),
  };
}

function systemPaths(): OpenApiPaths {
  const open = (summary: string, type: string, ...statuses: readonly number[]) => ({
    get: {
      summary,
      security: [],
      responses: Object.fromEntries(
        [200, ...statuses].map((status) => [
          status,
          { description: summary, content: { [type]: {} } },
        ]),
      ),
    },
  });
  return {
    "/healthz": open("Whether the process lives", "application/json"),
    "/readyz": open(
      "Whether it can do its work, part by part; exclude=NAME leaves a part out",
      "application/json",
      503,
    ),
    "/metrics": open("Prometheus metrics", "text/plain"),
    "/api/v1/openapi.json": open("This document", "application/json"),
  };
}

function schemas() {
  const registered = {
    Approval: approvalView,
    Approvals: approvalPage,
    Approve: approveBody,
    Deny: denyBody,
    Revoke: revokeBody,
    Review: reviewBody,
    Problem: problemDocument,
  };
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(registered)) registry.add(schema, { id });
  return z.toJSONSchema(registry, {
    io: "input",
    uri: (id) => `#/components/schemas/${id}`,
    override: ({ jsonSchema }) => {
      delete jsonSchema.$id;
      delete jsonSchema.$schema;
    },
  }).schemas;
}

function queryParameters() {
  const { properties = {} } = z.toJSONSchema(listQuery, { io: "input" });
  return Object.entries(properties).map(([name, schema]) => parameter(name, "query", schema));
}

function parameter(name: string, place: "path" | "query", schema: unknown) {
  return { name, in: place, required: place === "path", schema };
}

function json(description: string, name: string) {
  return { description, content: { "application/json": { schema: ref(name) } } };
}

function problems(...statuses: readonly number[]) {
  const problem = {
    description: "why not",
    content: { "application/problem+json": { schema: ref("Problem") } },
  };
  return Object.fromEntries(statuses.map((status) => [status, problem]));
}

function ref(name: string) {
  return { $ref: `#/components/schemas/${name}` };
}
