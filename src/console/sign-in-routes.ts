import { type Context, Hono } from "hono";
import type { Authenticate, Env } from "../api/guard.ts";
import type { Result } from "../base/result.ts";
import { page, troublePage } from "./layout.ts";
import { type Sessions, sameOrigin } from "./session.ts";
import { ownPath, signInPage } from "./sign-in.ts";
import type { SignInWay } from "./sign-in-way.ts";

export interface SignInParts {
  readonly authenticate: Authenticate;
  readonly sessions: Sessions;
  readonly publicUrl: URL;
  /** Another provider, whose routes begin at `/sign-in/start`. */
  readonly provider?: { readonly name: string };
  /** The identity provider to which people can be sent; absent: they bring a token. */
  readonly way?: SignInWay;
  /** What is kept in the cookie in place of a provider's id token, which ends soon; the id token itself where absent. */
  readonly exchange?: (idToken: string) => Promise<Result<string>>;
  /** Told of faults of the provider. */
  readonly onProblem?: (error: unknown) => void;
}

/** `/sign-in`, the way to the identity provider and back, and `/sign-out`. */
export function signInRoutes(parts: SignInParts): Hono<Env> {
  const { authenticate, sessions, publicUrl, way, provider } = parts;
  const providers = [
    ...(way === undefined ? [] : [{ name: way.provider, path: "/sign-in/go" }]),
    ...(provider === undefined ? [] : [{ name: provider.name, path: "/sign-in/start" }]),
  ];
  const app = new Hono<Env>();
  const form = (c: Context, next: string, trouble?: string) => {
    const main = signInPage({
      next,
      ...(trouble === undefined ? {} : { trouble }),
      providers,
    });
    return c.html(page({ title: "Sign in" }, main), trouble === undefined ? 200 : 403);
  };
  app.get("/sign-in", (c) => form(c, ownPath(c.req.query("next"))));
  app.post("/sign-in", async (c) => {
    // Or another site could sign people in under a name that is not theirs.
    if (!sameOrigin(c, publicUrl)) return c.html(troublePage("This form is not ours."), 403);
    const { token, next } = await c.req.parseBody();
    const path = ownPath(typeof next === "string" ? next : undefined);
    const text = typeof token === "string" ? token.trim() : "";
    const caller = await authenticate(`Bearer ${text}`);
    if (!caller.ok) return form(c, path, caller.error);
    if (!sessions.begin(c, text)) return form(c, path, tooLong);
    return c.redirect(path, 303);
  });
  if (way !== undefined) wayRoutes(app, way, parts, form);
  app.post("/sign-out", async (c) => {
    if (!sameOrigin(c, publicUrl)) return c.html(troublePage("This form is not ours."), 403);
    sessions.end(c);
    c.header("clear-site-data", '"cache", "cookies", "storage"');
    return c.redirect("/sign-in", 303);
  });
  return app;
}

const tooLong = "This token is too long for a cookie.";

/** `/sign-in/go` and `/sign-in/done`: to the identity provider and back. */
function wayRoutes(
  app: Hono<Env>,
  way: SignInWay,
  parts: SignInParts,
  form: (c: Context, next: string, trouble?: string) => Response | Promise<Response>,
): void {
  const { sessions, publicUrl, onProblem } = parts;
  const redirectUri = new URL("/sign-in/done", publicUrl).href;
  const failed = (c: Context, next: string, error: unknown) => {
    onProblem?.(error);
    return form(c, next, `${way.provider} cannot be reached now. Try again shortly.`);
  };
  app.get("/sign-in/go", async (c) => {
    const next = ownPath(c.req.query("next"));
    try {
      const { location, remember } = await way.start(redirectUri);
      sessions.setOut(c, JSON.stringify({ next, remember }));
      return c.redirect(location, 303);
    } catch (error) {
      return failed(c, next, error);
    }
  });
  app.get("/sign-in/done", async (c) => {
    const trip = sessions.comeBack(c);
    if (trip === undefined) return form(c, "/", "This sign-in took too long. Begin again.");
    const { next, remember } = JSON.parse(trip);
    try {
      const arrived = await arrive(c, way, remember, redirectUri, parts);
      return arrived.ok ? c.redirect(next, 303) : form(c, next, arrived.error);
    } catch (error) {
      return failed(c, next, error);
    }
  });
}

async function arrive(
  c: Context,
  way: SignInWay,
  remember: Parameters<SignInWay["finish"]>[1],
  redirectUri: string,
  { authenticate, exchange, sessions }: SignInParts,
): Promise<Result<void>> {
  const query = new URL(c.req.url).searchParams;
  const idToken = await way.finish(query, remember, redirectUri);
  if (!idToken.ok) return idToken;
  const caller = await authenticate(`Bearer ${idToken.value}`);
  if (!caller.ok) return caller;
  if (caller.value.claims["nonce"] !== remember.nonce)
    return { ok: false, error: "This sign-in was not begun here. Begin again." };
  const kept = exchange === undefined ? idToken : await exchange(idToken.value);
  if (!kept.ok) return kept;
  return sessions.begin(c, kept.value)
    ? { ok: true, value: undefined }
    : { ok: false, error: tooLong };
}
