import type { MiddlewareHandler } from "hono";

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

/** What tells browsers to load nothing but ours, to run nothing else, and to show us in nobody's frame. */
export function consoleHeaders(secure: boolean): MiddlewareHandler {
  return async (c, next) => {
    await next();
    c.header("content-security-policy", policy);
    c.header("cross-origin-opener-policy", "same-origin");
    c.header("cross-origin-resource-policy", "same-origin");
    c.header("permissions-policy", "camera=(), geolocation=(), microphone=()");
    c.header("referrer-policy", "no-referrer");
    c.header("x-content-type-options", "nosniff");
    c.header("x-frame-options", "DENY");
    if (secure) c.header("strict-transport-security", "max-age=31536000");
  };
}
