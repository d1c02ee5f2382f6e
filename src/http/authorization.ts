import { err, ok, type Result } from "../base/result.ts";
import type { Fields } from "./fields.ts";

/** The longest header value that is looked at, in characters. */
const longest = 16_384;

/** Why an authorization header gives no token. */
export type AuthorizationProblem = "missing" | "ambiguous" | "too_large" | "malformed" | "scheme";

/**
 * The one token of a request: from `proxy-authorization` (it names a proxy, RFC 9110 section 11.7), else from
 * `authorization`. A header that came twice is ambiguous.
 */
export function tokenOf(fields: Fields): Result<string, AuthorizationProblem> {
  const proxy = fields.all("proxy-authorization");
  const direct = fields.all("authorization");
  if (proxy.length > 1 || direct.length > 1) return err("ambiguous");
  const header = proxy[0] ?? direct[0];
  return header === undefined ? err("missing") : readToken(header);
}

/** The token in an authorization value: what follows Bearer (RFC 6750) or token (GitHub), or Basic's password (RFC 7617). */
export function readToken(header: string): Result<string, AuthorizationProblem> {
  if (header.length > longest) return err("too_large");
  // So does Envoy pass on two headers.
  if (/, *(bearer|token|basic) /i.test(header)) return err("ambiguous");
  const match = /^([A-Za-z]+) +([\x21-\x7e]+)$/.exec(header.trim());
  if (match === null) return err(header.trim() === "" ? "missing" : "malformed");
  const [, scheme = "", rest = ""] = match;
  switch (scheme.toLowerCase()) {
    case "bearer":
    case "token":
      return ok(rest);
    case "basic": {
      const password = basicPassword(rest);
      return password === undefined ? err("malformed") : ok(password);
    }
    default:
      return err("scheme");
  }
}

function basicPassword(encoded: string): string | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return undefined;
  const pair = Buffer.from(encoded, "base64").toString("utf8");
  const colon = pair.indexOf(":");
  return colon < 0 ? undefined : pair.slice(colon + 1);
}
