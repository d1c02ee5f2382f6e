import type { Refusal, RefusalCode } from "../core/refusal.ts";
import type { Reply } from "../http/message.ts";

/** The HTTP status that GitHub's own REST API would give for each kind of no. */
export const githubStatus: Readonly<Record<RefusalCode, number>> = {
  unauthenticated: 401,
  denied: 403,
  approval_pending: 403,
  approval_denied: 403,
  approval_expired: 403,
  malformed: 400,
  too_large: 413,
  unknown_route: 404,
  response_unreadable: 502,
  unavailable: 503,
  internal: 500,
};

const documentation = "https://docs.github.com/rest";

/** The refusal as GitHub's REST API says no: JSON with `message`, `documentation_url` and `status`. */
export function githubReply(refusal: Refusal): Reply {
  const status = githubStatus[refusal.code];
  return jsonReply(refusal, status, {
    message: withCase(refusal),
    documentation_url: documentation,
    status: String(status),
  });
}

/** A JSON reply that carries the case id where clients print it, and is never cached. */
export function jsonReply(refusal: Refusal, status: number, body: unknown): Reply {
  return {
    status,
    headers: { ...caseHeaders(refusal), "content-type": "application/json; charset=utf-8" },
    body: JSON.stringify(body),
  };
}

export function caseHeaders(refusal: Refusal): Readonly<Record<string, string>> {
  return { "x-github-request-id": refusal.caseId, "cache-control": "no-store" };
}

/** The message and the case id that an operator can look up, for clients that print no headers. */
export function withCase(refusal: Refusal): string {
  return refusal.message.includes(refusal.caseId)
    ? refusal.message
    : `${refusal.message} (case ${refusal.caseId})`;
}
