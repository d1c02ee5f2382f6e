import { type Context, Hono } from "hono";
import type { Clock } from "../base/clock.ts";
import { Secret } from "../base/secret.ts";
import type { TokenExchange } from "../identity/exchange.ts";
import type { Asked } from "../identity/exchange-record.ts";
import type { AuthenticationFailure } from "../identity/failure.ts";
import { RateLimit } from "../identity/rate-limit.ts";
import { readBody } from "./oauth2-body.ts";
import { accessTokenType, readExchange, readRevocation } from "./oauth2-form.ts";

export interface OAuth2Parts {
  readonly clock: Clock;
  readonly exchange: TokenExchange;
}

/** How many bytes a form may have: an assertion with its certificate fits. */
const largestForm = 256 * 1024;

/** The token exchange (RFC 8693) and revocation (RFC 7009), to be mounted at the root. */
export function oauth2({ clock, exchange }: OAuth2Parts): Hono {
  const app = new Hono();
  // Failures count by address, so that one cannot guess; successes by run, since a whole fleet may share an address.
  const failures = new RateLimit(clock, 60, 1);
  const successes = new RateLimit(clock, 120, 2);

  app.post("/oauth2/token", async (c) => {
    const address = addressOf(c);
    const wait = failures.wait(address);
    if (wait > 0) return slowDown(c, wait);
    const body = await readBody(c.req.raw, largestForm);
    if (body === undefined) return tooLarge(c);
    const form = readExchange(c.req.header("content-type"), body);
    if (!form.ok) return refuse(c, 400, form.error.code, form.error.description);
    const issued = await exchange.issue(form.value.kind, form.value.subject, asked(c));
    if (!issued.ok) {
      failures.take(address);
      return failed(c, issued.error);
    }
    const { token, grant } = issued.value;
    const tooMany = successes.wait(grant.session);
    if (tooMany > 0) {
      await exchange.revokeToken(token, asked(c));
      return slowDown(c, tooMany);
    }
    successes.take(grant.session);
    return answer(c, 200, {
      access_token: token.reveal(),
      issued_token_type: accessTokenType,
      token_type: "Bearer",
      expires_in: Math.floor((grant.expiresAt - clock.now()) / 1000),
    });
  });

  app.post("/oauth2/revoke", async (c) => {
    const wait = failures.wait(addressOf(c));
    if (wait > 0) return slowDown(c, wait);
    const body = await readBody(c.req.raw, largestForm);
    if (body === undefined) return tooLarge(c);
    const token = readRevocation(c.req.header("content-type"), body);
    if (!token.ok) return refuse(c, 400, token.error.code, token.error.description);
    failures.take(addressOf(c));
    const done = await exchange.revokeToken(new Secret(token.value), asked(c));
    return done.ok ? answer(c, 200, {}) : failed(c, done.error);
  });

  return app;
}

/** How the request came, for the record. */
export function asked(c: Context): Asked {
  const userAgent = c.req.header("user-agent");
  const { method, path } = c.req;
  return { method, path, ...(userAgent === undefined ? {} : { userAgent }) };
}

/** The client's address: what the proxy before us saw, which is the last that it added. */
function addressOf(c: Context): string {
  return c.req.header("x-forwarded-for")?.split(",").at(-1)?.trim() ?? "";
}

function failed(c: Context, failure: AuthenticationFailure): Response {
  if (failure.refusal === "unavailable") c.header("retry-after", "5");
  return failure.refusal === "unavailable"
    ? refuse(c, 503, "temporarily_unavailable", failure.message)
    : refuse(c, 400, "invalid_request", failure.message);
}

function slowDown(c: Context, wait: number): Response {
  c.header("retry-after", String(Math.ceil(wait / 1000)));
  return refuse(c, 429, "slow_down", "Too many requests. Try again later.");
}

function tooLarge(c: Context): Response {
  return refuse(c, 413, "invalid_request", "The form is too large, or not UTF-8.");
}

function refuse(
  c: Context,
  status: 400 | 413 | 429 | 503,
  error: string,
  description: string,
): Response {
  return answer(c, status, { error, error_description: description });
}

/** RFC 6749 section 5: JSON that nobody may keep. */
function answer(c: Context, status: 200 | 400 | 413 | 429 | 503, body: object): Response {
  c.header("cache-control", "no-store");
  c.header("pragma", "no-cache");
  return c.json(body, status);
}
