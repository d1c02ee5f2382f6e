import { html } from "hono/html";
import type { ApprovalView } from "../api/approval-view.ts";
import { changes } from "./changes.ts";
import { decisionForms } from "./forms.ts";
import { alert, type Markup, moment, timeLeft } from "./layout.ts";

export interface DetailOptions {
  readonly formCode: string;
  readonly now: number;
  /** Why the last word was not taken, and what was written with it. */
  readonly trouble?: string;
  readonly reason?: string;
}

/** Everything that an approver must see before a word is said, and the forms to say it. */
export function detail(view: ApprovalView, options: DetailOptions): Markup {
  const [first] = view.operations;
  return html`<article data-approval="${view.id}" data-version-state="${view.state}">
<h1>${first?.name ?? "request"} <span class="on">on</span> ${first?.resource ?? ""}</h1>
<p class="standing"><strong class="state ${view.state}">${view.state}</strong>
${view.state === "pending" ? html`<span data-until="${view.expiresAt}">${timeLeft(view.expiresAt, options.now)}</span>` : ""}</p>
${alert(options.trouble)}
<p id="changed" class="note" role="status" hidden>This has changed meanwhile. <a href="/approvals/${view.id}">Show it as it is now</a>.</p>
${who(view)}
${what(view)}
${request(view)}
${words(view)}
${decisionForms(view, options)}
</article>`;
}

function who({ requester, session, askedAt, expiresAt }: ApprovalView): Markup {
  const run =
    requester.runUrl === undefined
      ? ""
      : entry(
          "CI run",
          html`<a href="${requester.runUrl}" rel="noopener noreferrer" target="_blank">${requester.runUrl}</a>`,
        );
  return html`<section aria-labelledby="who"><h2 id="who">Who asks</h2><dl>
${entry("Principal", requester.principal)}
${maybe("Actor", requester.actor)}
${maybe("Repository", requester.repository)}
${maybe("Ref", requester.ref)}
${maybe("Workflow", requester.workflow)}
${maybe("Environment", requester.environment)}
${run}
${entry("Session", session)}
${entry("Asked", moment(askedAt))}
${entry("Open until", moment(expiresAt))}
</dl></section>`;
}

function what({ operations, rule, terms, ruleDigest }: ApprovalView): Markup {
  return html`<section aria-labelledby="what"><h2 id="what">What for</h2>
${operations.map(
  ({ name, access, resource, attributes, protocol }) => html`<dl class="operation">
${entry("Operation", html`${name} <span class="dim">(${access}, ${protocol})</span>`)}
${entry("Resource", resource)}
${Object.entries(attributes).map(([key, value]) => entry(key, typeof value === "object" ? value.join(", ") : String(value)))}
</dl>`,
)}
<dl>
${entry("Rule", rule)}
${maybe("Rule digest", ruleDigest)}
${entry("Who may approve", `${terms.count} of ${terms.by.join(", ")}`)}
${terms.breakGlass === undefined ? "" : entry("Break-glass", `${terms.breakGlass.count} of ${terms.breakGlass.by.join(", ")}`)}
</dl></section>`;
}

function request({ request: asked, findings }: ApprovalView): Markup {
  const body =
    asked.body === undefined
      ? html`<p class="note">${asked.bytes === 0 ? "It has no body." : "Its body cannot be shown."}</p>`
      : html`<pre tabindex="0" role="region" aria-label="Request body, masked">${asked.body}</pre>`;
  return html`<section aria-labelledby="request"><h2 id="request">The request, masked</h2>
<p class="line"><code>${asked.method} ${asked.path}</code> <span class="dim">to ${asked.authority}, ${asked.bytes} bytes ${asked.contentType}</span></p>
${body}
${asked.cut && asked.body !== undefined ? html`<p class="alert">There is more of it than can be shown here.</p>` : ""}
${asked.changes === undefined ? "" : changes(asked.changes)}
${(asked.files ?? []).map(
  ({
    path,
    text,
    bytes,
    cut,
  }) => html`<h3>Writes ${path === "" ? "a file" : path} <span class="dim">(${bytes} bytes${cut ? ", cut" : ""})</span></h3>
${text === undefined ? html`<p class="note">It cannot be shown.</p>` : html`<pre tabindex="0" role="region" aria-label="${path === "" ? "File" : path}, masked">${text}</pre>`}`,
)}
<h3>Findings</h3>
${
  findings.length === 0
    ? html`<p class="note">No secret was found in it.</p>`
    : html`<ul>${findings.map(({ rule, channel, length }) => html`<li>${rule} in ${channel}, ${length} bytes, masked</li>`)}</ul>`
}
</section>`;
}

function words({ says, used, grant, review }: ApprovalView): Markup {
  const nothing = says.length === 0 ? html`<p class="note">Nobody has said anything yet.</p>` : "";
  return html`<section aria-labelledby="words"><h2 id="words">Who said what</h2>${nothing}
<ul class="says">${says.map(
    (
      say,
    ) => html`<li><strong class="state ${say.verdict === "approve" ? "approved" : "denied"}">${say.verdict}</strong>
${say.by}${say.breakGlass ? " (break-glass)" : ""}, ${moment(say.at)}${say.reason === "" ? "" : html`<blockquote>${say.reason}</blockquote>`}</li>`,
  )}</ul><dl>
${used === undefined ? "" : entry("Went through", html`${moment(used.at)}, record ${used.record}`)}
${grant === undefined ? "" : entry(`Grant (${grant.scope})`, html`until ${moment(grant.until)}${grant.revoked === undefined ? "" : html`, revoked by ${grant.revoked.by}`}`)}
${review === undefined ? "" : entry("Review", review.by === undefined ? "due" : `${review.by}: ${review.note ?? ""}`)}
</dl></section>`;
}

function maybe(name: string, value: string | undefined): Markup | "" {
  return value === undefined || value === "" ? "" : entry(name, value);
}

function entry(name: string, value: string | Markup): Markup {
  return html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
}
