import { fault } from "./step.ts";

/** What can be said of a token without asking anybody: its kind; throws a fault where the gateway cannot want it. */
export function examineToken(token: string | undefined, now: number): string {
  if (!token)
    fault(
      "There is no token: exchange the job's identity with `sallyport token` and set GH_ENTERPRISE_TOKEN or SALLYPORT_TOKEN.",
    );
  if (/^(ghp_|github_pat_|gho_|ghu_)/.test(token))
    fault(
      "The token is GitHub's own: the gateway wants an id token or its session token, and the job should hold no other.",
    );
  if (token.startsWith("ey")) return examineIdToken(token, now);
  if (/^ghs_[A-Za-z0-9]{36,80}$/.test(token)) return "a session token";
  return fault("The token is neither an id token nor a session token (ghs_ and 40 characters).");
}

function examineIdToken(token: string, now: number): string {
  const claims = claimsOf(token);
  const expires = Number(claims["exp"]) * 1000;
  const begins = Number(claims["nbf"] ?? claims["iat"] ?? 0) * 1000;
  if (!(expires > now))
    fault(
      "The id token has expired: it lives for minutes, exchange it for a session token with `sallyport token`.",
    );
  if (begins > now + 60_000)
    fault("The id token is not valid yet: this machine's clock is behind.");
  return `an id token, for ${Math.round((expires - now) / 1000)} s more`;
}

function claimsOf(token: string): Readonly<Record<string, unknown>> {
  try {
    const text = Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8");
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return fault("The id token cannot be read: it was cut, or changed on its way.");
  }
}
