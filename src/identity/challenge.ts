import type { RequestHead } from "../http/message.ts";
import type { AuthenticationFailure } from "./failure.ts";

/**
 * The `www-authenticate` value of a 401 (RFC 9110 section 11.6.1). Git and other programs that ask their user or a
 * credential helper hear of Basic alone; those that were given a token hear what is wrong with it (RFC 6750).
 */
export function challenge(failure: AuthenticationFailure, head: RequestHead): string {
  const realm = 'realm="Sallyport"';
  const scheme = head.fields.get("authorization")?.split(" ", 1)[0]?.toLowerCase();
  const agent = head.fields.get("user-agent") ?? "";
  if (scheme === "basic" || /^git(-lfs)?\//.test(agent)) return `Basic ${realm}, charset="UTF-8"`;
  if (failure.code === "missing") return `Bearer ${realm}, Basic ${realm}, charset="UTF-8"`;
  return `Bearer ${realm}, error="invalid_token", error_description="${failure.message}"`;
}
