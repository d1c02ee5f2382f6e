import { html } from "hono/html";
import type { ApprovalView } from "../api/approval-view.ts";
import type { Markup } from "./layout.ts";

type Changes = NonNullable<ApprovalView["request"]["changes"]>;

/** The files that a request changes, each with its diff. */
export function changes({ files, unlisted, complete }: Changes): Markup {
  return html`<h3 id="changes">What it changes <span class="dim">(${files.length + unlisted} ${files.length + unlisted === 1 ? "file" : "files"})</span></h3>
${complete ? "" : html`<p class="alert">It may change other files too: they cannot be told.</p>`}
${files.map(file)}
${unlisted === 0 ? "" : html`<p class="alert">${unlisted} more files change that are not listed here.</p>`}`;
}

function file({ path, ref, kind, diff = "", cut, notes }: Changes["files"][number]): Markup {
  const where = ref === undefined ? "" : html` <span class="dim">on ${ref}</span>`;
  return html`<h4><span class="kind ${kind}">${kind}</span> ${path}${where}</h4>
${notes.map((note) => html`<p class="note">${note}</p>`)}
${diff === "" ? "" : html`<pre class="diff" tabindex="0" role="region" aria-label="Changes to ${path}, masked">${diff.split("\n").map(line)}</pre>`}
${cut ? html`<p class="alert">There is more of it that is not shown here.</p>` : ""}`;
}

// Told by its first character to those who see no colours.
function line(text: string): Markup {
  switch (text[0]) {
    case "+":
      return html`<ins>${text}</ins>`;
    case "-":
      return html`<del>${text}</del>`;
    case "@":
      return html`<b>${text}\n</b>`;
    default:
      return html`${text}\n`;
  }
}
