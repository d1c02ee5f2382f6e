import { unreachable } from "../base/unreachable.ts";
import type { Refusal, RefusalCode } from "../core/refusal.ts";
import type { Reply } from "../http/message.ts";
import type { Arrival } from "./arrival.ts";

/** The HTTP status of a refusal where the protocol has no better one. */
export function statusOf(code: RefusalCode): number {
  switch (code) {
    case "unauthenticated":
      return 401;
    case "denied":
    case "approval_pending":
    case "approval_denied":
    case "approval_expired":
      return 403;
    case "malformed":
      return 400;
    case "too_large":
      return 413;
    case "unknown_route":
      return 404;
    case "response_unreadable":
      return 502;
    case "unavailable":
    case "internal":
      return 503;
    default:
      return unreachable(code);
  }
}

/** A refusal in GitHub's REST shape, for requests that no protocol recognises. */
export function plainRefusal({ code, message, caseId }: Refusal): Reply {
  const status = statusOf(code);
  return {
    status,
    headers: {
      "content-type": "application/json; charset=utf-8",
      "x-github-request-id": caseId,
      ...(status === 401 ? { "www-authenticate": 'Basic realm="Sallyport"' } : {}),
    },
    body: JSON.stringify({ message, documentation_url: "", status: String(status) }),
  };
}

/** A refusal in the words of the request's protocol; plainly, where the protocol fails at it. */
export function spoken(
  { parser }: Pick<Arrival, "parser">,
  refusal: Refusal,
  fault: (where: string, error: unknown) => void,
): Reply {
  try {
    return parser.refuse(refusal);
  } catch (error) {
    fault("refuse", error);
    return plainRefusal(refusal);
  }
}
