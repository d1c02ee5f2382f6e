import type { Edits } from "../core/outcome.ts";
import type { HeaderEdits } from "./phase.ts";

/** Headers that carry a client's own credential, or that would let it name another method than the one we judged. */
export const credentialHeaders: readonly string[] = [
  "authorization",
  "proxy-authorization",
  "cookie",
  "x-api-key",
  "api-key",
  "private-token",
  "x-goog-api-key",
  "x-http-method-override",
  "x-http-method",
  "x-method-override",
];

/**
 * The request's header edits: nothing of the client's credentials goes on, the stored one goes in, and the answer is
 * asked for in a form that can be read (no content coding, and whole: a range could cut a secret in two).
 * `untrue`: lines that the body's rewriting has made false.
 */
export function requestEdits({ authorization }: Edits, untrue: readonly string[]): HeaderEdits {
  const set: [string, string][] = [["accept-encoding", "identity"]];
  if (authorization !== undefined) set.push(["authorization", authorization.reveal()]);
  return {
    set,
    remove: [
      ...credentialHeaders.filter(
        (name) => authorization === undefined || name !== "authorization",
      ),
      "range",
      "if-range",
      ...untrue,
    ],
  };
}
