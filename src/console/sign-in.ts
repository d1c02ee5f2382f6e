import { html } from "hono/html";
import { alert, type Markup } from "./layout.ts";

/** The page on which people say who they are. */
export function signInPage(options: {
  readonly next: string;
  readonly trouble?: string;
  /** The identity providers to which the console can send people, and where that begins. */
  readonly providers?: readonly { readonly name: string; readonly path: string }[];
}): Markup {
  const { next, trouble, providers = [] } = options;
  return html`<h1>Sign in</h1>
${alert(trouble)}
${providers.map(({ name, path }) => html`<p><a class="button" href="${path}?next=${encodeURIComponent(next)}">Continue with ${name}</a></p>`)}
<form method="post" action="/sign-in">
<input type="hidden" name="next" value="${next}">
<label for="token">A token of yours (OIDC id token)</label>
<textarea id="token" name="token" rows="4" required spellcheck="false" autocomplete="off"></textarea>
<button>Sign in</button>
</form>`;
}

/** The place to go to after signing in: one of our own pages, whatever was asked for. */
export function ownPath(next: string | undefined): string {
  return next !== undefined &&
    /^\/(approvals\/apr_[\w-]{22}|history|sessions(\/[\w-]{1,128})?)?$/.test(next)
    ? next
    : "/";
}
