import { html } from "hono/html";
import { alert, type Markup } from "./layout.ts";

/** The page on which people say who they are. */
export function signInPage(options: {
  readonly next: string;
  readonly trouble?: string;
  /** The name of the identity provider, where the console can send people there. */
  readonly provider?: string;
}): Markup {
  const { next, trouble, provider } = options;
  return html`<h1>Sign in</h1>
${alert(trouble)}
${provider === undefined ? "" : html`<p><a class="button" href="/sign-in/start?next=${encodeURIComponent(next)}">Continue with ${provider}</a></p>`}
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
