import { Hono } from "hono";
import { html } from "hono/html";
import { z } from "zod";
import { type ApprovalView, viewOf } from "../api/approval-view.ts";
import type { Env } from "../api/guard.ts";
import { approvalStates } from "../approvals/approval.ts";
import { formatPlace, type Place, parsePlace } from "../approvals/place.ts";
import type { PageParts } from "./detail-routes.ts";
import { lineOf, lines } from "./inbox.ts";
import { type Markup, page } from "./layout.ts";

const filters = z.object({
  state: z.enum(approvalStates).optional().catch(undefined),
  text: z.string().trim().max(200).catch(""),
  before: z.string().transform(parsePlace).optional().catch(undefined),
});

type Filters = z.output<typeof filters>;

/** `/history`: what was asked and what came of it, newest first, by state and by words. */
export function historyRoute({ desk, sessions, clock, server }: PageParts): Hono<Env> {
  const app = new Hono<Env>();
  app.get("/history", async (c) => {
    const principal = c.get("principal");
    const { state, text, before } = filters.parse(c.req.query());
    const found = await desk.list(principal, {
      limit: 100,
      ...(state === undefined ? {} : { state }),
      ...(before === undefined ? {} : { before }),
    });
    const views = found.approvals
      .map((approval) => viewOf(approval, principal, server))
      .filter((view) => mentions(view, text));
    const main = history(views, { state, text, before }, found.before, clock.now());
    const formCode = sessions.formCode(c);
    return c.html(page({ title: "History", principal, formCode, here: "history" }, main));
  });
  return app;
}

function history(
  views: readonly ApprovalView[],
  { state, text }: Filters,
  before: Place | undefined,
  now: number,
): Markup {
  const query = new URLSearchParams({
    ...(state === undefined ? {} : { state }),
    ...(text === "" ? {} : { text }),
    ...(before === undefined ? {} : { before: formatPlace(before) }),
  });
  return html`<h1>History</h1>
<form method="get" action="/history" class="filters" role="search">
<div><label for="state">State</label>
<select id="state" name="state"><option value="">any</option>${approvalStates.map((name) => html`<option ${name === state ? html`selected` : ""}>${name}</option>`)}</select></div>
<div><label for="text">Words in it</label>
<input id="text" name="text" type="text" value="${text}" maxlength="200"></div>
<button>Filter</button>
</form>
<p role="status">${views.length === 0 ? "Nothing here matches." : `${views.length} shown.`}</p>
${lines(views.map((view) => lineOf(view, now)))}
${before === undefined ? "" : html`<p><a href="/history?${query.toString()}">Older</a></p>`}`;
}

function mentions(view: ApprovalView, text: string): boolean {
  const { id, rule, requester, operations } = view;
  const said = view.says.map(({ by, reason }) => `${by} ${reason}`);
  const asked = operations.map(({ name, resource }) => `${name} ${resource}`);
  const all = [id, rule, requester.principal, requester.repository ?? "", ...asked, ...said];
  return all.join("\n").toLowerCase().includes(text.toLowerCase());
}
