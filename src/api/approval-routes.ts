import { type Context, Hono } from "hono";
import type { z } from "zod";
import { formatPlace, parsePlace } from "../approvals/place.ts";
import type { Clock } from "../base/clock.ts";
import { err, ok, type Result } from "../base/result.ts";
import { approveBody, denyBody, listQuery, reviewBody, revokeBody } from "./approval-schemas.ts";
import { viewOf } from "./approval-view.ts";
import type { Desk, Saying } from "./desk.ts";
import { eventStream } from "./event-stream.ts";
import type { Env } from "./guard.ts";
import { type Problem, problem } from "./problem.ts";

export interface ApprovalRouteParts {
  readonly desk: Desk;
  readonly clock: Clock;
  /** Where CI runs can be looked at: `https://github.com`. */
  readonly server: string;
}

/** `/api/v1/approvals…`, behind the guard. */
export function approvalRoutes(parts: ApprovalRouteParts): Hono<Env> {
  const { desk, server } = parts;
  const app = new Hono<Env>();
  app.get("/", async (c) => {
    const query = listQuery.safeParse(c.req.query());
    if (!query.success) return problem(c, invalid(query.error));
    const { before, limit, state } = query.data;
    const place = before === undefined ? undefined : parsePlace(before);
    const caller = c.get("principal");
    const page = await desk.list(caller, {
      limit,
      ...(state === undefined ? {} : { state }),
      ...(place === undefined ? {} : { before: place }),
    });
    return c.json({
      approvals: page.approvals.map((approval) => viewOf(approval, caller, server)),
      ...(page.before === undefined ? {} : { before: formatPlace(page.before) }),
    });
  });
  app.get("/events", (c) => eventStream(c, parts));
  app.get("/:id", async (c) => {
    const caller = c.get("principal");
    const found = await desk.show(caller, c.req.param("id"));
    return found.ok ? c.json(viewOf(found.value, caller, server)) : problem(c, found.error);
  });
  app.post("/:id/approve", (c) =>
    say(c, parts, approveBody, ({ reason, breakGlass, grant }) => ({
      kind: "approve",
      reason,
      breakGlass,
      ...(grant === undefined ? {} : { grant: { scope: grant.scope, within: grant.for } }),
    })),
  );
  app.post("/:id/deny", (c) => say(c, parts, denyBody, ({ reason }) => ({ kind: "deny", reason })));
  app.post("/:id/revoke", (c) => say(c, parts, revokeBody, () => ({ kind: "revoke" })));
  app.post("/:id/review", (c) =>
    say(c, parts, reviewBody, ({ note }) => ({ kind: "review", note })),
  );
  return app;
}

async function say<S extends z.ZodType>(
  c: Context<Env, "/:id/:verb">,
  { desk, server }: ApprovalRouteParts,
  schema: S,
  saying: (body: z.output<S>) => Saying,
): Promise<Response> {
  const body = await jsonBody(c, schema);
  if (!body.ok) return problem(c, body.error);
  const caller = c.get("principal");
  const said = await desk.say(caller, c.req.param("id"), saying(body.value));
  return said.ok ? c.json(viewOf(said.value, caller, server)) : problem(c, said.error);
}

/** Reads a JSON body; none at all is an empty object. */
async function jsonBody<S extends z.ZodType>(
  c: Context,
  schema: S,
): Promise<Result<z.output<S>, Problem>> {
  const text = await c.req.text();
  if (text !== "" && !/^application\/json\s*(;|$)/i.test(c.req.header("content-type") ?? ""))
    return err({ status: 415, code: "not_json", detail: "The body must be application/json." });
  let value: unknown;
  try {
    value = JSON.parse(text === "" ? "{}" : text);
  } catch {
    return err({ status: 400, code: "malformed", detail: "The body is not JSON." });
  }
  const read = schema.safeParse(value);
  return read.success ? ok(read.data) : err(invalid(read.error));
}

function invalid(error: z.ZodError): Problem {
  const detail = error.issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`))
    .join("; ");
  return { status: 400, code: "invalid", detail: detail.slice(0, 1000) };
}
