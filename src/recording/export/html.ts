import { createHash } from "node:crypto";
import { NewlySaid, type Story } from "../story.ts";

/** One page that needs nothing else: what was recorded is shown as text, and no script of it can run. */
export async function* html(
  session: string,
  stories: AsyncIterable<Story>,
): AsyncGenerator<string> {
  const hash = createHash("sha256").update(style).digest("base64");
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  yield `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(session)}</title><style>${style}</style></head>
<body><h1>Session ${escaped(session)}</h1>\n`;
  const heard = new NewlySaid();
  for await (const story of stories) yield exchangeHtml(story, heard.of(story.said));
  yield "</body></html>\n";
}

const style = `body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
section{border-top:1px solid #8886;padding:.7rem 0}h2{font-size:1rem;overflow-wrap:anywhere}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#8881;padding:.6rem;border-radius:4px}
.note{color:#777;margin:.1rem 0}.deny,.error{color:#c00}.approve{color:#a60}mark{background:#fd06;color:inherit}
.user{border-left:3px solid #48c;padding-left:.6rem}.assistant{border-left:3px solid #4a7;padding-left:.6rem}`;

function exchangeHtml(story: Story, said: Story["said"]): string {
  const { opened, entries, answer, ended } = story;
  const decided = entries.find((entry) => entry.k === "decided");
  const masks = entries.filter((entry) => entry.k === "mask");
  const operations = opened.operations.map(({ name, resource }) => `${name} on ${resource}`);
  return `<section id="${escaped(opened.record)}">
<h2>${new Date(opened.at).toISOString()} ${escaped(`${opened.method} ${opened.path}`)}</h2>
<p class="note">${escaped([opened.principal.id, ...operations].join(" · "))}</p>
<p class="${decided?.decision ?? "note"}">${escaped(`${decided?.decision ?? "undecided"} ${decided?.reason ?? ""} ${opened.rules.join(", ")}`)}</p>
${masks.map((mask) => `<p class="note">masked in the ${mask.dir}: ${escaped(`${mask.rule} ${mask.fingerprint} at ${mask.channel} ${mask.offset}+${mask.length}`)}</p>`).join("\n")}
${said.map(saidHtml).join("\n")}
${said.length === 0 ? [story.request, story.response].map(({ bytes }) => (bytes.length === 0 ? "" : `<pre>${marked(bytes.toString("utf8"))}</pre>`)).join("\n") : ""}
<p class="note">${answer === undefined ? "no answer" : `answered ${answer.status}`}${ended ? "" : ", cut"}</p>
</section>\n`;
}

function saidHtml({ role, part }: Story["said"][number]): string {
  const body = part.kind === "toolCall" ? part.arguments : part.text;
  const what = part.kind === "toolCall" ? `calls ${part.name}` : part.kind;
  return `<div class="${role}"><p class="note">${role} ${escaped(what)}</p><pre>${marked(body)}</pre></div>`;
}

/** Marks of secrets stand out. */
function marked(text: string): string {
  return escaped(text).replace(/\[REDACTED[^\]]{0,100}\]/g, (mark) => `<mark>${mark}</mark>`);
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0) ?? 0};`);
}
