import { type Context, Hono } from "hono";
import { ok, type Result } from "../base/result.ts";
import type { SessionId } from "../core/ids.ts";
import type { TokenExchange } from "../identity/exchange.ts";
import type { AuthenticationFailure } from "../identity/failure.ts";
import {
  type Grant,
  type GrantId,
  type Identity,
  parseGrantId,
  parseSessionId,
} from "../identity/identity.ts";
import { asked } from "./oauth2.ts";
import { problem } from "./problem.ts";

export interface TokenSessionsParts {
  readonly exchange: TokenExchange;
  /** Who calls, by the value of the `authorization` header. */
  authenticate(authorization: string | undefined): Promise<Result<Identity, AuthenticationFailure>>;
  /** Who may see and end all sessions: principal ids, and group names behind `group:`. Others: their own session. */
  readonly administrators: readonly string[];
}

/** Lists exchanged tokens and ends them; to be mounted at `/oauth2/sessions`. */
export function tokenSessions(parts: TokenSessionsParts): Hono {
  const app = new Hono();

  app.get("/", async (c) => {
    const caller = await parts.authenticate(c.req.header("authorization"));
    if (!caller.ok) return refused(c, caller.error);
    const grants = await parts.exchange.list();
    if (!grants.ok) return refused(c, grants.error);
    const visible = grants.value.filter(({ session }) => mayTouch(parts, caller.value, session));
    c.header("cache-control", "no-store");
    return c.json({ sessions: visible.map(view) });
  });

  app.delete("/:id", async (c) => {
    const caller = await parts.authenticate(c.req.header("authorization"));
    if (!caller.ok) return refused(c, caller.error);
    const id = await theirs(parts, caller.value, c.req.param("id"));
    if (!id.ok) return refused(c, id.error);
    if (id.value === undefined) return notFound(c);
    const done = await parts.exchange.revoke(id.value, caller.value, asked(c));
    if (!done.ok) return refused(c, done.error);
    return done.value ? c.body(null, 204) : notFound(c);
  });

  return app;
}

/** The grant or session of that id, if there is one and this caller may end it. */
async function theirs(
  parts: TokenSessionsParts,
  caller: Identity,
  text: string,
): Promise<Result<GrantId | SessionId | undefined, AuthenticationFailure>> {
  // A session is taken as it is, for it may have no grant and yet be at work.
  const whole = parseSessionId(text);
  if (whole !== undefined) return ok(mayTouch(parts, caller, whole) ? whole : undefined);
  const id = parseGrantId(text);
  if (id === undefined) return ok(undefined);
  const grants = await parts.exchange.list();
  if (!grants.ok) return grants;
  const grant = grants.value.find((one) => one.id === id);
  return ok(grant !== undefined && mayTouch(parts, caller, grant.session) ? id : undefined);
}

function mayTouch(
  { administrators }: TokenSessionsParts,
  { principal, session }: Identity,
  wanted: SessionId,
): boolean {
  const names = [principal.id, ...principal.groups.map((group) => `group:${group}`)];
  return session === wanted || names.some((name) => administrators.includes(name));
}

function view({ id, session, principal, createdAt, expiresAt }: Grant) {
  const { run } = principal;
  return {
    id,
    session,
    principal: principal.id,
    groups: principal.groups,
    ...(run === undefined
      ? {}
      : { repository: run.repository, run_id: run.runId, actor: run.actor }),
    created_at: new Date(createdAt).toISOString(),
    expires_at: new Date(expiresAt).toISOString(),
  };
}

function refused(c: Context, failure: AuthenticationFailure): Response {
  return failure.refusal === "unavailable"
    ? problem(c, { status: 503, code: failure.code, detail: failure.message })
    : problem(c, { status: 401, code: failure.code, detail: failure.message });
}

/** Also the answer to those who may not know: an id that is not theirs does not exist for them. */
function notFound(c: Context): Response {
  return problem(c, { status: 404, code: "not_found", detail: "There is no such session." });
}
