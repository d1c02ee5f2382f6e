import { type Context, Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { TokenExchange } from "../identity/exchange.ts";
import type { AuthenticationFailure } from "../identity/failure.ts";
import type { SamlProvider } from "../identity/saml.ts";
import { asked } from "./oauth2.ts";
import { readBody } from "./oauth2-body.ts";
import { problem } from "./problem.ts";

export interface SamlSignInParts {
  readonly saml: Pick<SamlProvider, "login" | "finish" | "metadata">;
  readonly exchange: Pick<TokenExchange, "admit">;
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
export function samlSignIn({ saml, exchange, begin, ownPath }: SamlSignInParts): Hono {
  const app = new Hono();

  app.get("/saml/metadata", (c) =>
    c.body(saml.metadata(), 200, { "content-type": "application/samlmetadata+xml" }),
  );

  app.get("/sign-in/start", async (c) => {
    const { url, requestId } = await saml.login(ownPath(c.req.query("next")));
    setCookie(c, cookie, requestId, { ...attributes, maxAge: requestLives });
    return c.redirect(url, 302);
  });

  app.post("/saml/acs", async (c) => {
    const requestId = getCookie(c, cookie, "host");
    deleteCookie(c, cookie, attributes);
    const form = new URLSearchParams((await readBody(c.req.raw, largestResponse)) ?? "");
    const response = form.get("SAMLResponse");
    // Without a request of this browser's own, another site could sign it in under a name that is not its user's.
    if (requestId === undefined || !/^_[0-9a-f]{40}$/.test(requestId)) return unasked(c);
    if (response === null) return unasked(c);
    const issued = await exchange.admit(await saml.finish(response, requestId), asked(c));
    if (!issued.ok) return refused(c, issued.error);
    if (!begin(c, issued.value.token.reveal())) return unasked(c);
    return c.redirect(ownPath(form.get("RelayState") ?? undefined), 303);
  });

  return app;
}

function unasked(c: Context): Response {
  const detail = "This sign-in was not begun here, or took too long. Begin again.";
  return problem(c, { status: 403, code: "unasked", detail });
}

function refused(c: Context, { refusal, code, message }: AuthenticationFailure): Response {
  const status = refusal === "unavailable" ? 503 : 403;
  return problem(c, { status, code, detail: message });
}
