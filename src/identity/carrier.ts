import { err, ok, type Result } from "../base/result.ts";
import { Secret } from "../base/secret.ts";
import type { RequestHead } from "../http/message.ts";
import type { AuthenticationCode } from "./failure.ts";

/** A token as the client showed it: a signed one (JWT), or one that only our store can read. */
export interface Presented {
  readonly kind: "signed" | "session";
  /** The token itself, without any prefix that was only there to please a client. */
  readonly token: Secret;
}

/** The longest header value that is looked at, in characters. */
export const longestHeader = 16_384;

/**
 * Finds the one token of a request: in `proxy-authorization` (it names us, RFC 9110 section 11.7), else in
 * `authorization`, as Bearer, token or the password of Basic. A header that came twice is refused.
 */
export function presentedToken(head: RequestHead): Result<Presented, AuthenticationCode> {
  const proxy = head.fields.all("proxy-authorization");
  const direct = head.fields.all("authorization");
  if (proxy.length > 1 || direct.length > 1) return err("ambiguous");
  const header = proxy[0] ?? direct[0];
  if (header === undefined) return err("missing");
  return parseAuthorization(header);
}

/** Reads the value of an authorization header. */
export function parseAuthorization(header: string): Result<Presented, AuthenticationCode> {
  if (header.length > longestHeader) return err("too_large");
  const match = /^([A-Za-z]+) +([\x21-\x7e]+)$/.exec(header.trim());
  if (match === null) return err(header.trim() === "" ? "missing" : "malformed");
  const [, scheme = "", rest = ""] = match;
  switch (scheme.toLowerCase()) {
    case "bearer":
    case "token":
      return parseToken(rest);
    case "basic": {
      const password = basicPassword(rest);
      return password === undefined ? err("malformed") : parseToken(password);
    }
    default:
      return err("scheme");
  }
}

/**
 * Reads a token: a JWT, the same behind `ghs_` (the Copilot CLI looks at the prefix alone), a session token, or
 * either of them as the `tid` of the handle that stands for a Copilot inference token.
 */
export function parseToken(text: string): Result<Presented, AuthenticationCode> {
  const token = /^tid=([^;:]*)[;:]/.exec(text)?.[1] ?? text;
  const bare = token.startsWith("ghs_ey") ? token.slice(4) : token;
  if (/^ey[\w-]+\.[\w-]+\.[\w-]*$/.test(bare))
    return ok({ kind: "signed", token: new Secret(bare) });
  if (/^ghs_[A-Za-z0-9]{36,80}$/.test(token))
    return ok({ kind: "session", token: new Secret(token) });
  return err("malformed");
}

/** Whether the token shows up anywhere in the head but in the headers that carry identities. */
export function appearsElsewhere(head: RequestHead, token: Secret): boolean {
  const value = token.reveal();
  if (spellings(head.path).some((path) => path.includes(value))) return true;
  for (const [name, line] of head.fields)
    if (!identityHeaders.has(name) && line.includes(value)) return true;
  return false;
}

/** Header names (lower case) by which clients send credentials: none of them may reach an upstream as it came. */
export const identityHeaders: ReadonlySet<string> = new Set([
  "authorization",
  "proxy-authorization",
  "x-api-key",
  "api-key",
  "private-token",
  "job-token",
  "x-github-token",
  "x-goog-api-key",
  "cookie",
]);

function basicPassword(encoded: string): string | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return undefined;
  const pair = Buffer.from(encoded, "base64").toString("utf8");
  const colon = pair.indexOf(":");
  return colon < 0 ? undefined : pair.slice(colon + 1);
}

function spellings(path: string): readonly string[] {
  try {
    return [path, decodeURIComponent(path)];
  } catch {
    return [path];
  }
}
