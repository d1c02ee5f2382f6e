import { Hono } from "hono";
import { html } from "hono/html";
import type { Env } from "../api/guard.ts";
import type { ProvenanceDesk } from "../api/provenance-desk.ts";
import { visible } from "../approvals/visible.ts";
import type { CommitProvenance } from "../provenance/answer.ts";
import { sessionsOf } from "../provenance/store.ts";
import { commitPart, filesText, rung } from "./commit.ts";
import { alert, type Markup, moment, page, troublePage } from "./layout.ts";
import type { Sessions } from "./session.ts";

export interface CommitPageParts {
  readonly desk: ProvenanceDesk;
  readonly sessions: Sessions;
}

/** `/commits`: which lines of a commit came from which suggestion. Paths and words of others are text here. */
export function commitPages({ desk, sessions }: CommitPageParts): Hono<Env> {
  const app = new Hono<Env>();
  const frame = (c: Parameters<Sessions["formCode"]>[0], title: string) => ({
    title,
    principal: c.get("principal"),
    formCode: sessions.formCode(c),
    here: "commits" as const,
    style: "commit",
  });
  app.get("/commits", async (c) => {
    const of = (c.req.query("of") ?? "").trim().slice(0, 200);
    const caller = c.get("principal");
    if ((await desk.commit(caller, of)) !== undefined) return c.redirect(`/commits/${of}`, 303);
    const found = of === "" ? [] : await desk.commitsOf(caller, of);
    return c.html(page(frame(c, "Commits"), list(of, found)));
  });
  app.get("/commits/:id", async (c) => {
    const found = await desk.commit(c.get("principal"), c.req.param("id"));
    if (found !== undefined) {
      const met = await desk.exposure(c.get("principal"), sessionsOf(found));
      const title = `Commit ${found.commit.slice(0, 12)}`;
      return c.html(page(frame(c, title), commitPart(found, met)));
    }
    return c.html(
      page(frame(c, "Not found"), html`<h1>Not found</h1>${alert(missing)}${form("")}`),
      404,
    );
  });
  app.get("/commits/:id/statement", async (c) => {
    const found = await desk.commit(c.get("principal"), c.req.param("id"));
    if (found === undefined) return c.html(troublePage(missing, c.get("principal")), 404);
    c.header("content-disposition", `attachment; filename="${found.commit}.dsse.json"`);
    return c.json(await desk.statement(found));
  });
  return app;
}

const missing =
  "No such commit went through this gateway or was attested to it, or it is not yours to read.";

function form(of: string): Markup {
  return html`<form method="get" action="/commits" class="filters" role="search">
<div><label for="of">A commit's id, or a session's</label>
<input id="of" name="of" type="text" value="${of}" maxlength="200" autocomplete="off" spellcheck="false"></div>
<button>Find</button>
</form>`;
}

function list(of: string, found: readonly CommitProvenance[]): Markup {
  const none = of === "" ? "" : "No commit of that name or session is known, or yours to read.";
  const count = found.length === 1 ? "1 commit" : `${found.length} commits`;
  return html`<h1>Commits</h1>
${form(of)}
<p role="status">${found.length === 0 ? none : count}</p>
<ul class="lines">${found.map(line)}</ul>`;
}

function line(found: CommitProvenance): Markup {
  const { commit, repository, evidence, files, added, seen } = found;
  const [first] = seen;
  return html`<li><a href="/commits/${commit}">
<span class="what"><code>${commit.slice(0, 12)}</code></span>
<span class="who">${visible(repository)}</span>
<span class="rule">${added} lines added in ${filesText(files.length)}</span>
${rung(evidence)}
<span class="left">${first === undefined ? "" : moment(new Date(first.at).toISOString())}</span>
</a></li>`;
}
