import { type Context, Hono } from "hono";
import { approveBody, reviewBody } from "../api/approval-schemas.ts";
import { viewOf } from "../api/approval-view.ts";
import type { Desk, Saying } from "../api/desk.ts";
import type { Env } from "../api/guard.ts";
import type { Clock } from "../base/clock.ts";
import { err, ok, type Result } from "../base/result.ts";
import { detail } from "./detail.ts";
import { page, troublePage } from "./layout.ts";
import type { Sessions } from "./session.ts";

export interface PageParts {
  readonly desk: Desk;
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly server: string;
}

type Fields = Readonly<Record<string, string | File>>;

/** `/approvals/:id` and the forms on it. */
export function detailRoutes(parts: PageParts): Hono<Env> {
  const app = new Hono<Env>();
  app.get("/approvals/:id", (c) => show(c, parts, {}));
  app.post("/approvals/:id/decide", (c) => say(c, parts, decided));
  app.post("/approvals/:id/revoke", (c) => say(c, parts, () => ok({ kind: "revoke" })));
  app.post("/approvals/:id/review", (c) =>
    say(c, parts, ({ note }) => {
      const read = reviewBody.safeParse({ note });
      return read.success
        ? ok({ kind: "review", note: read.data.note })
        : err("Say what the review found.");
    }),
  );
  return app;
}

interface Trouble {
  readonly trouble?: string;
  readonly reason?: string;
  readonly status?: 400 | 403 | 404 | 409 | 410 | 422 | 503;
}

async function show(c: Context<Env, "/approvals/:id">, parts: PageParts, trouble: Trouble) {
  const { desk, sessions, clock, server } = parts;
  const principal = c.get("principal");
  const found = await desk.show(principal, c.req.param("id"));
  if (!found.ok) return c.html(troublePage(found.error.detail, principal), found.error.status);
  const view = viewOf(found.value, principal, server);
  const formCode = sessions.formCode(c);
  const main = detail(view, { formCode, now: clock.now(), ...trouble });
  const title = `${view.operations[0]?.name ?? view.id}, ${view.state}`;
  return c.html(page({ title, principal, formCode }, main), trouble.status ?? 200);
}

async function say(
  c: Context<Env, "/approvals/:id/:verb">,
  parts: PageParts,
  sayingIn: (fields: Fields) => Result<Saying>,
) {
  const fields = (await c.req.parseBody()) as Fields;
  const principal = c.get("principal");
  if (!parts.sessions.fromUs(c, fields["code"]))
    return c.html(troublePage("This form is too old, or not ours.", principal), 403);
  const saying = sayingIn(fields);
  const reason = textOf(fields["reason"]);
  if (!saying.ok) return show(c, parts, { trouble: saying.error, reason, status: 400 });
  const id = c.req.param("id");
  const said = await parts.desk.say(principal, id, saying.value);
  if (said.ok) return c.redirect(`/approvals/${said.value.ask.id}`, 303);
  const status = said.error.status as NonNullable<Trouble["status"]>;
  return show(c, parts, { trouble: said.error.detail, reason, status });
}

function decided(fields: Fields): Result<Saying> {
  const { verdict, scope } = fields;
  const reason = textOf(fields["reason"]);
  const grant =
    typeof scope === "string" && scope !== "" ? { grant: { scope, for: fields["for"] } } : {};
  const breakGlass = verdict === "breakGlass";
  const read = approveBody.safeParse({ reason, breakGlass, ...grant });
  if (!read.success) return err("The form cannot be read.");
  if (verdict === "deny") return ok({ kind: "deny", reason: read.data.reason });
  if (verdict !== "approve" && !breakGlass) return err("Say approve or deny.");
  const given = read.data.grant;
  return ok({
    kind: "approve",
    reason: read.data.reason,
    breakGlass,
    ...(given === undefined ? {} : { grant: { scope: given.scope, within: given.for } }),
  });
}

function textOf(value: string | File | undefined): string {
  return typeof value === "string" ? value : "";
}
