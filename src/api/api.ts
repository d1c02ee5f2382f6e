import { Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Approvals } from "../approvals/approvals.ts";
import { StoreUnavailable } from "../approvals/store.ts";
import type { Clock } from "../base/clock.ts";
import type { AuditLog } from "../core/record.ts";
import { approvalRoutes } from "./approval-routes.ts";
import { createDesk } from "./desk.ts";
import { type Authenticate, type Env, guard } from "./guard.ts";
import { type OpenApiPaths, openApiDocument } from "./openapi.ts";
import { problem } from "./problem.ts";

/** One thing that must work for the gateway to be of use. */
export interface Readiness {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Routes of another room. Under `/api/v1/` they are behind the guard and find `principal` in their context. */
export interface ApiMount {
  readonly path: string;
  readonly app: Hono<Env> | Hono;
  readonly openApi?: OpenApiPaths;
  /** The longest body of a call to that very path, in bytes; 64 KiB unless told. */
  readonly longestBody?: number;
}

export interface ApiOptions {
  readonly approvals: Approvals;
  readonly authenticate: Authenticate;
  readonly clock: Clock;
  /** Where each call is recorded before it takes effect. */
  readonly audit?: AuditLog;
  readonly ready: () => Promise<readonly Readiness[]>;
  /** Prometheus text, version 0.0.4. */
  readonly metrics: () => Promise<string>;
  /** `group:name` or principal ids that may see every approval. */
  readonly viewers?: readonly string[];
  /** Where CI runs can be looked at; `https://github.com` where absent. */
  readonly server?: string;
  readonly version: string;
  readonly mount?: readonly ApiMount[];
  /** Told of what went wrong inside a call. */
  readonly onProblem?: (error: unknown) => void;
}

const usualBody = 64 * 1024;

/** The HTTP API: approvals, health, metrics, its own description, and what other rooms mount. */
export function createApi(options: ApiOptions): Hono<Env> {
  const { approvals, clock, mount = [], viewers = [], server = "https://github.com" } = options;
  const app = new Hono<Env>();
  app.use(async (c, next) => {
    await next();
    c.header("x-content-type-options", "nosniff");
    if (!c.res.headers.has("cache-control")) c.header("cache-control", "no-store");
  });
  app.onError((error, c) =>
    failed(error, options, (status, code, detail) => problem(c, { status, code, detail })),
  );
  app.notFound((c) =>
    problem(c, { status: 404, code: "unknown_route", detail: "There is nothing here." }),
  );
  systemRoutes(app, options);
  app.use("/api/v1/*", guard(options));
  app.use("/api/v1/*", (c, next) => limited(longestBodyOf(c.req.path, mount))(c, next));
  const desk = createDesk(approvals, viewers);
  app.route("/api/v1/approvals", approvalRoutes({ desk, clock, server }));
  for (const { path, app: mounted } of mount) app.route(path, mounted as Hono<Env>);
  return app;
}

function longestBodyOf(path: string, mount: readonly ApiMount[]): number {
  return mount.find((one) => path === one.path)?.longestBody ?? usualBody;
}

function limited(maxSize: number): MiddlewareHandler {
  const detail = `The body is longer than ${maxSize / 1024} KiB.`;
  return bodyLimit({
    maxSize,
    onError: (c) => problem(c, { status: 413, code: "too_large", detail }),
  });
}

function systemRoutes(app: Hono<Env>, { ready, metrics, version, mount = [] }: ApiOptions): void {
  const document = openApiDocument(
    version,
    mount.map(({ openApi }) => openApi ?? {}),
  );
  app.get("/healthz", (c) => c.json({ status: "ok" }));
  app.get("/readyz", async (c) => {
    const without = c.req.queries("exclude") ?? [];
    const checks = (await ready()).filter(({ name }) => !without.includes(name));
    const all = checks.every(({ ok }) => ok);
    return c.json({ status: all ? "ok" : "unavailable", checks }, all ? 200 : 503);
  });
  app.get("/metrics", async (c) =>
    c.body(await metrics(), 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }),
  );
  app.get("/api/v1/openapi.json", (c) => c.json(document as object));
}

function failed(
  error: unknown,
  { onProblem }: ApiOptions,
  answer: (status: 500 | 503, code: string, detail: string) => Response,
): Response {
  onProblem?.(error);
  return error instanceof StoreUnavailable
    ? answer(503, "unavailable", "The approvals cannot be reached now.")
    : answer(500, "internal", "Something went wrong here.");
}
