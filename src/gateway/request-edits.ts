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

/** Lines that never go on: the answer is asked for in a form that can be read. */
const always = [...credentialHeaders, "range", "if-range"];
/** The same where a stored credential takes the place of the client's. */
const butAuthorization = always.filter((name) => name !== "authorization");
const plain: HeaderEdits["set"] = [["accept-encoding", "identity"]];

/**
 * The request's header edits: nothing of the client's credentials goes on, the stored one goes in, and the answer is
 * asked for in a form that can be read (no content coding, and whole: a range could cut a secret in two).
 * `untrue`: lines that the body's rewriting has made false.
 */
export function requestEdits({ authorization }: Edits, untrue: readonly string[]): HeaderEdits {
  const remove = authorization === undefined ? always : butAuthorization;
  return {
    set:
      authorization === undefined ? plain : [...plain, ["authorization", authorization.reveal()]],
    remove: untrue.length === 0 ? remove : [...remove, ...untrue],
  };
}
