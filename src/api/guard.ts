import type { Context, MiddlewareHandler } from "hono";
import type { Clock } from "../base/clock.ts";
import type { Result } from "../base/result.ts";
import { newRecordId } from "../core/ids.ts";
import type { Principal } from "../core/principal.ts";
import type { AuditLog } from "../core/record.ts";
import { type Problem, problem } from "./problem.ts";

/** What handlers behind the guard find in their context. */
export interface Env {
  readonly Variables: {
    readonly principal: Principal;
    /** The id of the audit record of this call. */
    readonly record: string;
  };
}

/** Tells who calls from the value of the `authorization` header; the error is fit for the caller to read. */
export type Authenticate = (authorization: string | undefined) => Promise<Result<Principal>>;

export interface GuardParts {
  readonly authenticate: Authenticate;
  readonly clock: Clock;
  /** Where each call is recorded before it takes effect. */
  readonly audit?: AuditLog;
  /** What the caller shows, as the value of an `authorization` header; that header where absent. */
  readonly shown?: (c: Context) => string | undefined;
  /** How a call is turned away; a problem document where absent. */
  readonly turnAway?: (c: Context, why: Problem) => Response | Promise<Response>;
}

/** Lets only known callers pass, and only once their call is on record. */
export function guard(parts: GuardParts): MiddlewareHandler<Env> {
  const { authenticate, clock, audit, turnAway = problem } = parts;
  const shown = parts.shown ?? ((c: Context) => c.req.header("authorization"));
  return async (c, next) => {
    const caller = await authenticate(shown(c));
    const id = newRecordId(clock.now());
    try {
      await audit?.intent({ id, at: clock.now(), ...intentOf(c, caller) });
    } catch {
      return turnAway(c, unrecorded);
    }
    c.header("x-request-id", id);
    if (caller.ok) {
      c.set("principal", caller.value);
      c.set("record", id);
      await next();
    } else {
      c.res = await turnAway(c, { status: 401, code: "unauthenticated", detail: caller.error });
    }
    audit?.complete({
      id,
      at: clock.now(),
      end: c.res.status < 400 ? "completed" : "refused",
      status: c.res.status,
      requestBytes: 0,
      responseBytes: 0,
      findings: [],
    });
    return undefined;
  };
}

const unrecorded: Problem = {
  status: 503,
  code: "unavailable",
  detail: "The call cannot be recorded, so it is not carried out.",
};

function intentOf(c: Context, caller: Result<Principal>) {
  const { method, path } = c.req;
  const userAgent = c.req.header("user-agent");
  const [noun = "", subject = "", verb] = path.replace(/^\/(api\/v1\/)?/, "").split("/");
  const read = method === "GET" || method === "HEAD";
  const operation = {
    protocol: "sallyport",
    name: `${noun === "" ? "console" : noun}.${verb ?? (read ? "read" : method.toLowerCase())}`,
    access: read ? ("read" as const) : ("write" as const),
    resource: subject === "" ? noun : `${noun}/${subject}`,
    attributes: {},
  };
  return {
    decision: caller.ok ? ("allow" as const) : ("deny" as const),
    method,
    path,
    operations: [operation],
    rules: [],
    observed: [],
    ...(caller.ok ? { principal: caller.value } : { reason: caller.error }),
    ...(userAgent === undefined ? {} : { userAgent }),
  };
}
