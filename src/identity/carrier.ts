import { err, ok, type Result } from "../base/result.ts";
import { Secret } from "../base/secret.ts";
import { tokenOf } from "../http/authorization.ts";
import type { RequestHead } from "../http/message.ts";
import type { AuthenticationCode } from "./failure.ts";

/** A token as the client showed it: a signed one (JWT), or one that only our store can read. */
export interface Presented {
  readonly kind: "signed" | "session";
  /** The token itself, without any prefix that was only there to please a client. */
  readonly token: Secret;
}

/** Finds the one token of a request, in whichever header and scheme its client speaks. */
export function presentedToken(head: RequestHead): Result<Presented, AuthenticationCode> {
  const token = tokenOf(head.fields);
  return token.ok ? parseToken(token.value) : token;
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

/** Whether the token shows up anywhere in the head but in the headers that we put in ourselves. */
export function appearsElsewhere(head: RequestHead, token: Secret): boolean {
  const value = token.reveal();
  if (head.path.includes(value) || decoded(head.path).includes(value)) return true;
  const { fields } = head;
  for (let line = 0; line < fields.count; line++)
    if (!stripped.has(fields.nameAt(line)) && fields.valueAt(line).includes(value)) return true;
  return false;
}

/** Headers that never reach an upstream as they came: only here may a token stand. */
const stripped: ReadonlySet<string> = new Set(["authorization", "proxy-authorization"]);

function decoded(path: string): string {
  if (!path.includes("%")) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
