import { Hono } from "hono";
import { html } from "hono/html";
import type { Env } from "../api/guard.ts";
import type { SessionDesk } from "../api/session-desk.ts";
import { exported, tail } from "../api/session-routes.ts";
import { sessionView, storyView } from "../api/session-view.ts";
import { exportForms } from "../recording/export/index.ts";
import type { Page } from "../recording/find.ts";
import type { Summary } from "../recording/summary.ts";
import { type Markup, moment, page, troublePage } from "./layout.ts";
import type { Sessions } from "./session.ts";

export interface SessionPageParts {
  readonly desk: SessionDesk;
  readonly sessions: Sessions;
}

const pageSize = 100;
const storiesAtOnce = 10;

/** `/sessions` and the player: what was recorded is text here, whatever it holds. */
export function sessionPages({ desk, sessions }: SessionPageParts): Hono<Env> {
  const app = new Hono<Env>();
  const frame = (c: Parameters<Sessions["formCode"]>[0], title: string) => ({
    title,
    principal: c.get("principal"),
    formCode: sessions.formCode(c),
    here: "sessions" as const,
  });
  app.get("/sessions", async (c) => {
    const words = (c.req.query("search") ?? "").slice(0, 200);
    const after = c.req.query("after");
    const found = await desk.list(c.get("principal"), {
      words,
      limit: pageSize,
      ...(after === undefined ? {} : { after }),
    });
    if (!found.ok)
      return c.html(troublePage(found.error.detail, c.get("principal")), found.error.status);
    return c.html(page(frame(c, "Sessions"), list(found.value, words)));
  });
  app.get("/sessions/:id", async (c) => {
    const id = c.req.param("id");
    const shown = await desk.show(c.get("principal"), id, 0, 1);
    if (!shown.ok)
      return c.html(troublePage(shown.error.detail, c.get("principal")), shown.error.status);
    return c.html(page({ ...frame(c, id), script: "player" }, player(shown.value.summary)));
  });
  app.get("/sessions/:id/page.json", async (c) => {
    const from = Math.max(0, Number(c.req.query("from")) || 0);
    const shown = await desk.show(c.get("principal"), c.req.param("id"), from, pageSize);
    if (!shown.ok) return c.json(shown.error, shown.error.status);
    return c.json(sessionView(shown.value));
  });
  app.get("/sessions/:id/stories.json", async (c) => {
    const from = Math.max(0, Number(c.req.query("from")) || 0);
    const records = { from, limit: storiesAtOnce };
    const told = await desk.stories(c.get("principal"), c.req.param("id"), records);
    if (!told.ok) return c.json(told.error, told.error.status);
    return c.json({ stories: told.value.map(storyView) });
  });
  app.get("/sessions/:id/export", (c) => exported(c, desk, c.req.param("id")));
  app.get("/sessions/:id/tail", (c) => tail(c, desk, c.req.param("id")));
  return app;
}

function list({ sessions, next }: Page, words: string): Markup {
  const query = new URLSearchParams({
    search: words,
    ...(next === undefined ? {} : { after: next }),
  });
  return html`<h1>Sessions</h1>
<form method="get" action="/sessions" class="filters" role="search">
<div><label for="search">Words in it</label>
<input id="search" name="search" type="text" value="${words}" maxlength="200"></div>
<button>Find</button>
</form>
<p role="status">${sessions.length === 0 ? "Nothing here matches." : `${sessions.length} shown.`}</p>
<ul class="lines">${sessions.map(line)}</ul>
${next === undefined ? "" : html`<p><a href="/sessions?${query.toString()}">Older</a></p>`}`;
}

function line(summary: Summary): Markup {
  const { session, from, state, exchanges, repository, principal, decisions, masks } = summary;
  const masked = Object.values(masks).reduce((sum, count) => sum + count, 0);
  const words = Object.entries(decisions).map(([word, count]) => `${count} ${word}`);
  return html`<li><a href="/sessions/${session}">
<span class="what">${exchanges} exchanges: ${words.join(", ")}</span>
<span class="who">${repository ?? principal}</span>
<span class="rule">${masked === 0 ? "" : `${masked} masked`} ${summary.gaps === 0 ? "" : `${summary.gaps} gaps`}</span>
<span class="state">${state}${summary.hold === undefined ? "" : ", on hold"}</span>
<span class="left">${moment(new Date(from).toISOString())}</span>
</a></li>`;
}

function player({ session, principal, repository, state, raw }: Summary): Markup {
  return html`<h1>Session</h1>
<p><code>${session}</code> · ${repository ?? principal} · <span id="state">${state}</span></p>
${raw ? html`<p class="note">Unmasked bytes are kept too, under two locks: two people open them with <code>sallyport sessions raw ${session}</code>.</p>` : ""}
<div id="player" data-session="${session}" data-state="${state}">
<div class="controls" role="toolbar" aria-label="Player">
<button id="play" type="button">Play</button>
<label>Speed <select id="speed"><option value="1">true</option><option value="4">4×</option><option value="16">16×</option><option value="0" selected>at once</option></select></label>
<button id="finding" type="button">Next finding</button>
<label>Find <input id="find" type="search" maxlength="200"></label>
<label><input id="live" type="checkbox"> Live</label>
<span id="where" role="status"></span>
</div>
<ol id="story" class="story"></ol>
<p><button id="more" type="button" hidden>More</button></p>
</div>
<p><a href="/commits?of=${session}">The commits that it made or fed</a></p>
<p>Take away: ${Object.keys(exportForms).map((form) => html`<a href="/sessions/${session}/export?format=${form}" download>${form}</a> `)}</p>
<noscript><p class="note">The player needs scripts; the exports do not.</p></noscript>`;
}
