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
    const id = parseGrantId(c.req.param("id")) ?? parseSessionId(c.req.param("id"));
    if (id === undefined) return notFound(c);
    const session = await sessionBehind(parts, id);
    if (!session.ok) return refused(c, session.error);
    if (session.value === undefined || !mayTouch(parts, caller.value, session.value))
      return notFound(c);
    const done = await parts.exchange.revoke(id, caller.value, asked(c));
    if (!done.ok) return refused(c, done.error);
    return done.value ? c.body(null, 204) : notFound(c);
  });

  return app;
}

/** The session of a grant; a session id is taken as it is, for it may have no grant and yet be at work. */
async function sessionBehind(
  { exchange }: TokenSessionsParts,
  id: GrantId | SessionId,
): Promise<Result<SessionId | undefined, AuthenticationFailure>> {
  if (isSession(id)) return ok(id);
  const grants = await exchange.list();
  return grants.ok ? ok(grants.value.find((grant) => grant.id === id)?.session) : grants;
}

function isSession(id: GrantId | SessionId): id is SessionId {
  return id.startsWith("ses_");
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
