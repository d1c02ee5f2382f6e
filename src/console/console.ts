import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { viewOf } from "../api/approval-view.ts";
import { createDesk } from "../api/desk.ts";
import { eventStream } from "../api/event-stream.ts";
import { type Authenticate, type Env, guard } from "../api/guard.ts";
import type { Problem } from "../api/problem.ts";
import type { ProvenanceDesk } from "../api/provenance-desk.ts";
import type { SessionDesk } from "../api/session-desk.ts";
import type { Approvals } from "../approvals/approvals.ts";
import type { Clock } from "../base/clock.ts";
import type { Result } from "../base/result.ts";
import type { Secret } from "../base/secret.ts";
import type { AuditLog } from "../core/record.ts";
import { readAssets } from "./assets-file.ts";
import { commitPages } from "./commit-pages.ts";
import { detailRoutes } from "./detail-routes.ts";
import { consoleHeaders } from "./headers.ts";
import { historyRoute } from "./history.ts";
import { countText, inbox, lineOf } from "./inbox.ts";
import { page, troublePage } from "./layout.ts";
import { createSeal } from "./seal.ts";
import { createSessions } from "./session.ts";
import { sessionPages } from "./session-pages.ts";
import { ownPath } from "./sign-in.ts";
import { signInRoutes } from "./sign-in-routes.ts";
import type { SignInWay } from "./sign-in-way.ts";

export interface ConsoleOptions {
  readonly approvals: Approvals;
  readonly authenticate: Authenticate;
  /** Where people sign in, and what of it is kept: see `SignInParts`. */
  readonly way?: SignInWay;
  readonly exchange?: (idToken: string) => Promise<Result<string>>;
  readonly onProblem?: (error: unknown) => void;
  readonly clock: Clock;
  readonly audit?: AuditLog;
  /** From which the keys of cookies and forms are derived; the same in every process behind one address. */
  readonly key: Secret;
  /** The address at which browsers find the console: its origin alone counts. */
  readonly publicUrl: string;
  readonly viewers?: readonly string[];
  /** Recordings, for those who may look at them. */
  readonly recordings?: SessionDesk;
  /** What is known of commits, for those who may read it. */
  readonly commits?: ProvenanceDesk;
  /** Where people sign in elsewhere: the name that they know it by, and its routes, which begin a session here. */
  readonly provider?: { readonly name: string; routes(signIn: SignIn): Hono };
  /** Where CI runs can be looked at; `https://github.com` where absent. */
  readonly server?: string;
}

/** What routes that sign people in are given. */
export interface SignIn {
  /** Remembers the session token for the browser; false when it cannot. */
  begin(c: Context, token: string): boolean;
  /** The page of ours that was asked for, whatever was sent. */
  ownPath(next: string | undefined): string;
  turnAway(c: Context, why: Problem): Response | Promise<Response>;
}

/** The web pages for approvers, to be mounted at `/`. What requests contain is only ever shown as text. */
export function createConsole(options: ConsoleOptions): Hono<Env> {
  const { approvals, clock, viewers = [], server = "https://github.com" } = options;
  const publicUrl = new URL(options.publicUrl);
  const sessions = createSessions(createSeal(options.key, "console"), clock, publicUrl);
  const desk = createDesk(approvals, viewers);
  const app = new Hono<Env>();
  app.use(consoleHeaders(publicUrl.protocol === "https:"));
  const signIn: SignIn = {
    begin: sessions.begin,
    ownPath,
    turnAway: (c, { status, detail }) => c.html(troublePage(detail), status),
  };
  // Before the limit for our own forms: an assertion is larger.
  if (options.provider !== undefined) app.route("/", options.provider.routes(signIn));
  app.use(bodyLimit({ maxSize: 64 * 1024 }));
  for (const { path, type, body } of readAssets())
    app.get(path, (c) =>
      c.body(body, 200, { "content-type": type, "cache-control": "public, max-age=300" }),
    );
  app.route("/", signInRoutes({ ...options, sessions, publicUrl }));
  const guarded = guard({ ...options, shown: sessions.shown, turnAway });
  for (const path of [
    "/",
    "/inbox.json",
    "/events",
    "/history",
    "/approvals",
    "/approvals/*",
    "/sessions",
    "/sessions/*",
    "/commits",
    "/commits/*",
  ])
    app.use(path, guarded);

  const waiting = async (c: Context<Env>) => {
    const caller = c.get("principal");
    const { approvals: found } = await desk.list(caller, { state: "pending", limit: 200 });
    return found.map((approval) => lineOf(viewOf(approval, caller, server), clock.now()));
  };
  app.get("/", async (c) => {
    const principal = c.get("principal");
    const formCode = sessions.formCode(c);
    const lines = await waiting(c);
    return c.html(page({ title: "Inbox", principal, formCode, here: "inbox" }, inbox(lines)));
  });
  app.get("/approvals", (c) => c.redirect("/", 303));
  app.get("/inbox.json", async (c) => {
    const lines = await waiting(c);
    return c.json({ lines, count: countText(lines.length) });
  });
  app.get("/events", (c) => eventStream(c, { desk, clock }));
  app.route("/", historyRoute({ desk, sessions, clock, server }));
  if (options.recordings !== undefined)
    app.route("/", sessionPages({ desk: options.recordings, sessions }));
  if (options.commits !== undefined)
    app.route("/", commitPages({ desk: options.commits, sessions }));
  app.route("/", detailRoutes({ desk, sessions, clock, server }));
  return app;
}

function turnAway(c: Context, { status, detail }: Problem): Response | Promise<Response> {
  const wanted = c.req.header("accept") ?? "";
  if (status === 401 && c.req.method === "GET" && wanted.includes("text/html"))
    return c.redirect(`/sign-in?next=${encodeURIComponent(c.req.path)}`, 303);
  return c.html(troublePage(detail), status);
}
