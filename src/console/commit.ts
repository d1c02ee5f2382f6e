import { html } from "hono/html";
import { visible } from "../approvals/visible.ts";
import type {
  AttributedFile,
  AttributedLines,
  Claim,
  CommitProvenance,
  Rung,
  Sighting,
} from "../provenance/answer.ts";
import type { Exposure, MetSecret } from "../provenance/exposure.ts";
import { type Markup, moment } from "./layout.ts";

/** A rung of the ladder of evidence, as a badge that is a word as well as a colour. */
export function rung(evidence: Rung): Markup {
  return html`<strong class="rung ${evidence}">${evidence}</strong>`;
}

/** All that is known of a commit. The gateway keeps no source: lines are told by number, and linked to where they are. */
export function commitPart(found: CommitProvenance, met: Exposure): Markup {
  const { commit, repository, evidence, why, added, files, seen, claims, compared, base } = found;
  const attributed = files.reduce((sum, { lines }) => sum + linesIn(lines), 0);
  return html`<h1>Commit <code>${commit.slice(0, 12)}</code> <span class="on">in ${visible(repository)}</span></h1>
<p class="verdict">${rung(evidence)} ${visible(why)}</p>
<dl>
<div><dt>Commit</dt><dd><a href="https://${urlPath(repository)}/commit/${commit}" rel="noreferrer"><code>${commit}</code></a></dd></div>
<div><dt>Lines added</dt><dd>${added} in ${filesText(files.length)}, ${attributed} of them attributed</dd></div>
<div><dt>Compared with</dt><dd>${compared} suggestions; ${bases[base]}</dd></div>
</dl>
<h2>Who brought it</h2>
<ul class="seen">${seen.map(sighting)}</ul>
${claims.length === 0 ? "" : html`<h2>What its message claims</h2><ul class="claims">${claims.map(claim)}</ul>`}
<h2>Files</h2>
${files.length === 0 ? html`<p class="dim">No file of it was looked into.</p>` : files.map((file) => filePart(file, found))}
${exposurePart(met)}
<p class="note">No source is kept here, and no answer says that a person wrote something.</p>
<p><a href="/commits/${commit}/statement" download="${commit}.dsse.json">The signed statement</a></p>`;
}

export function filesText(count: number): string {
  return count === 1 ? "1 file" : `${count} files`;
}

function exposurePart({ exchanges, secrets, more, letThrough }: Exposure): Markup {
  const none = secrets.length === 0 && Object.keys(more).length === 0;
  return html`<h2>Secrets that its sessions met</h2>
<p class="dim">${none ? "None" : `${secrets.length} secrets`} in ${exchanges} exchanges that you may see.</p>
<ul class="met">${secrets.map(secretPart)}
${Object.entries(more).map(([rule, count]) => html`<li>${count} more of <code>${visible(rule)}</code>, not told one by one</li>`)}
${Object.entries(letThrough).map(([why, bytes]) => html`<li>${bytes} bytes went on unread: ${visible(why)}</li>`)}</ul>`;
}

function secretPart({ rule, fingerprint, seen, masked, refused }: MetSecret): Markup {
  return html`<li><code>${visible(rule)} ${visible(fingerprint)}</code>: seen ${seen}, masked ${masked}, refused ${refused}</li>`;
}

const bases: Readonly<Record<CommitProvenance["base"], string>> = {
  whole: "all that the repository said before was taken away from each",
  part: "a part of what the repository said before was taken away from each",
  unknown: "what the repository said before is not known",
};

function linesIn(lines: readonly AttributedLines[]): number {
  return lines.reduce((sum, { from, to }) => sum + to - from + 1, 0);
}

/** Only what belongs into the path of a URL, whatever is in it. */
function urlPath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

const ways: Readonly<Record<Sighting["kind"], string>> = {
  push: "pushed through the gateway",
  api: "made through the API",
  attested: "told of by a job",
};

function sighting({ kind, record, session, principal, actor, at }: Sighting): Markup {
  return html`<li>${ways[kind]} by <b>${visible(actor ?? principal)}</b>, ${moment(new Date(at).toISOString())},
in ${replay(session, record)}</li>`;
}

/** To the place in the replay where that exchange stands. */
function replay(session: string, record: string | undefined): Markup {
  const place = record === undefined ? "" : `#${encodeURIComponent(record)}`;
  return html`<a href="/sessions/${encodeURIComponent(session)}${place}">session <code>${visible(session)}</code>${
    record === undefined ? "" : html`, exchange <code>${visible(record)}</code>`
  }</a>`;
}

function claim({ trailer, value, verdict }: Claim): Markup {
  return html`<li><code>${visible(trailer)}: ${visible(value)}</code> <b class="claim">${verdict}</b></li>`;
}

function filePart({ path, added, lines }: AttributedFile, found: CommitProvenance): Markup {
  const href = `https://${urlPath(found.repository)}/blob/${found.commit}/${urlPath(path)}`;
  const count = linesIn(lines);
  return html`<section class="file">
<h3><a href="${href}" rel="noreferrer">${visible(path)}</a></h3>
<p class="dim">${added} lines added; ${count === 0 ? "none of the suggestions is in them" : `${count} attributed`}</p>
<ul class="attributed">${lines.map((one) => attributedPart(one, href))}</ul>
</section>`;
}

function attributedPart(one: AttributedLines, href: string): Markup {
  const { from, to, evidence, channel, containment, suggestion } = one;
  const { model, actor, principal, session, record, turn, tool, at } = suggestion;
  const place = from === to ? `L${from}` : `L${from}-L${to}`;
  return html`<li>
<p><a class="place" href="${href}#${place}" rel="noreferrer">${from === to ? `line ${from}` : `lines ${from}–${to}`}</a> ${rung(evidence)}
<span class="dim">${Math.round(containment * 100)} % of the suggestion${channels[channel]}</span></p>
<dl>
<div><dt>Model</dt><dd>${visible(model ?? "unknown")}${tool === undefined ? ", in its text" : `, by the tool ${visible(tool)}`}</dd></div>
<div><dt>Asked by</dt><dd>${visible(actor ?? principal)}, turn ${turn}, ${moment(new Date(at).toISOString())}</dd></div>
<div><dt>Replay</dt><dd>${replay(session, record)}</dd></div>
</dl>
</li>`;
}

const channels: Readonly<Record<AttributedLines["channel"], string>> = {
  blob: ", the whole file",
  exact: ", by its words",
  abstract: ", by its shape",
};
