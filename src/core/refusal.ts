/** Why a request goes no further: a closed list, one HTTP meaning each. */
export type RefusalCode =
  | "unauthenticated"
  | "denied"
  | "approval_pending"
  | "approval_denied"
  | "approval_expired"
  | "malformed"
  | "too_large"
  | "unknown_route"
  | "response_unreadable"
  | "unavailable"
  | "internal";

/** A refusal, in words fit for the engineer or the assistant to read. Never echoes unverified input. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
  /** The case id that clients print (`x-github-request-id`). */
  readonly caseId: string;
}
