import { html } from "hono/html";
import type { Principal } from "../core/principal.ts";

/** A piece of HTML in which every value has been escaped. */
export type Markup = ReturnType<typeof html>;

export interface Frame {
  readonly title: string;
  readonly principal?: Principal;
  readonly formCode?: string;
  /** Which entry of the menu is the current page. */
  readonly here?: "inbox" | "history" | "sessions" | "commits";
  /** The name of a script and a style of the page's own, besides the console's. */
  readonly script?: string;
  /** The name of a style of the page's own where it has no script. */
  readonly style?: string;
}

/** A whole page around its main part. */
export function page(
  { title, principal, formCode, here, script, style = script }: Frame,
  main: Markup,
): Markup {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Sallyport</title>
<link rel="stylesheet" href="/console.css">
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<script src="/console.js" defer></script>${
    style === undefined
      ? ""
      : html`
<link rel="stylesheet" href="/${style}.css">`
  }${
    script === undefined
      ? ""
      : html`
<script src="/${script}.js" type="module"></script>`
  }
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header>
<a class="brand" href="/">Sallyport</a>
${principal === undefined ? "" : menu(principal, formCode ?? "", here)}
</header>
<main id="main" tabindex="-1">
${main}
</main>
</body>
</html>`;
}

function menu(principal: Principal, formCode: string, here: Frame["here"]): Markup {
  const entry = (name: Frame["here"], href: string, text: string) =>
    html`<a href="${href}" ${here === name ? html`aria-current="page"` : ""}>${text}</a>`;
  return html`<nav aria-label="Main">
${entry("inbox", "/", "Inbox")}
${entry("history", "/history", "History")}
${entry("sessions", "/sessions", "Sessions")}
${entry("commits", "/commits", "Commits")}
</nav>
<form class="who" method="post" action="/sign-out">
<input type="hidden" name="code" value="${formCode}">
<span>${principal.id}</span>
<button class="quiet">Sign out</button>
</form>`;
}

/** Says that something went wrong, where screen readers say it at once. */
export function alert(text: string | undefined): Markup | "" {
  return text === undefined ? "" : html`<p class="alert" role="alert">${text}</p>`;
}

/** A whole page that only says what went wrong. */
export function troublePage(detail: string, principal?: Principal): Markup {
  const frame = principal === undefined ? {} : { principal };
  return page(
    { title: "Not done", ...frame },
    html`<h1>Not done</h1>${alert(detail)}<p><a href="/">To the inbox</a></p>`,
  );
}

/** A moment, which the page's script turns into the reader's own time. */
export function moment(iso: string): Markup {
  return html`<time datetime="${iso}">${iso.replace("T", " ").replace(/\.\d+Z$/, " UTC")}</time>`;
}

/** How long it is from `now` (ms since the epoch) until a moment, in words. */
export function timeLeft(iso: string, now: number): string {
  const minutes = Math.floor((Date.parse(iso) - now) / 60_000);
  if (minutes < 0) return "over";
  if (minutes < 1) return "less than a minute left";
  if (minutes < 120) return `${minutes} min left`;
  return `${Math.floor(minutes / 60)} h left`;
}
