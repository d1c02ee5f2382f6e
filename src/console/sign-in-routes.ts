import { type Context, Hono } from "hono";
import type { Authenticate, Env } from "../api/guard.ts";
import { page, troublePage } from "./layout.ts";
import { type Sessions, sameOrigin } from "./session.ts";
import { ownPath, signInPage } from "./sign-in.ts";

export interface SignInParts {
  readonly authenticate: Authenticate;
  readonly sessions: Sessions;
  readonly publicUrl: URL;
  readonly provider?: { readonly name: string };
}

/** `/sign-in` and `/sign-out`. */
export function signInRoutes(parts: SignInParts): Hono<Env> {
  const { authenticate, sessions, publicUrl, provider } = parts;
  const app = new Hono<Env>();
  const form = (c: Context, next: string, trouble?: string) => {
    const main = signInPage({
      next,
      ...(trouble === undefined ? {} : { trouble }),
      ...(provider === undefined ? {} : { provider: provider.name }),
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
    if (!sessions.begin(c, text)) return form(c, path, "This token is too long for a cookie.");
    return c.redirect(path, 303);
  });
  app.post("/sign-out", async (c) => {
    if (!sameOrigin(c, publicUrl)) return c.html(troublePage("This form is not ours."), 403);
    sessions.end(c);
    c.header("clear-site-data", '"cache", "cookies", "storage"');
    return c.redirect("/sign-in", 303);
  });
  return app;
}
