import { type Context, Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { err } from "../base/result.ts";
import type { TokenExchange } from "../identity/exchange.ts";
import { type AuthenticationFailure, failure } from "../identity/failure.ts";
import type { SamlProvider } from "../identity/saml.ts";
import { asked } from "./oauth2.ts";
import { readBody } from "./oauth2-body.ts";
import type { Problem } from "./problem.ts";

export interface SamlSignInParts {
  readonly saml: Pick<SamlProvider, "login" | "finish" | "metadata">;
  readonly exchange: Pick<TokenExchange, "admit">;
  /** How a person is told that they were not signed in. */
  turnAway(c: Context, why: Problem): Response | Promise<Response>;
  /** Remembers the session token for the browser; false when it cannot. */
  begin(c: Context, token: string): boolean;
  /** The page of ours that was asked for, whatever was sent. */
  ownPath(next: string | undefined): string;
}

/** Where the browser keeps the request that it alone may answer; it must come back with a form of another site. */
const cookie = "sallyport-sign-in";
const attributes = {
  prefix: "host",
  httpOnly: true,
  secure: true,
  sameSite: "None",
  path: "/",
} as const;
const requestLives = 10 * 60;
const largestResponse = 256 * 1024;

/**
 * Sign-in of people by SAML 2.0 (web browser SSO, SP-initiated): `/sign-in/start`, the assertion consumer service
 * `/saml/acs` and `/saml/metadata`; to be mounted at the root.
 */
export function samlSignIn(parts: SamlSignInParts): Hono {
  const { saml, exchange, begin, ownPath } = parts;
  const app = new Hono();

  app.get("/saml/metadata", (c) =>
    c.body(saml.metadata(), 200, { "content-type": "application/samlmetadata+xml" }),
  );

  app.get("/sign-in/start", async (c) => {
    const login = await saml.login(ownPath(c.req.query("next")));
    if (!login.ok) return refused(parts, c, login.error);
    const { url, requestId } = login.value;
    setCookie(c, cookie, requestId, { ...attributes, maxAge: requestLives });
    return c.redirect(url, 302);
  });

  app.post("/saml/acs", async (c) => {
    const requestId = getCookie(c, cookie, "host");
    deleteCookie(c, cookie, attributes);
    const form = new URLSearchParams((await readBody(c.req.raw, largestResponse)) ?? "");
    const response = form.get("SAMLResponse");
    // Without a request of this browser's own, another site could sign it in under a name that is not its user's.
    const own = requestId !== undefined && /^_[0-9a-f]{40}$/.test(requestId);
    const who =
      own && response !== null
        ? await saml.finish(response, requestId)
        : err(failure("unsolicited"));
    const issued = await exchange.admit(who, asked(c));
    if (!issued.ok) return refused(parts, c, issued.error);
    if (!begin(c, issued.value.token.reveal())) return refused(parts, c, failure("too_large"));
    return c.redirect(ownPath(form.get("RelayState") ?? undefined), 303);
  });

  return app;
}

function refused(
  { turnAway }: SamlSignInParts,
  c: Context,
  { refusal, code, message }: AuthenticationFailure,
): Response | Promise<Response> {
  const status = refusal === "unavailable" ? 503 : 403;
  return turnAway(c, { status, code, detail: message });
}
