import type { Result } from "../base/result.ts";
import { Fields } from "../http/fields.ts";
import type { Authenticator } from "./authenticator.ts";
import type { AuthenticationFailure } from "./failure.ts";
import type { Identity } from "./identity.ts";

/** Who an `authorization` value speaks of, for servers that know nothing of request heads. */
export function byHeader(
  authenticator: Pick<Authenticator, "authenticate">,
): (authorization: string | undefined) => Promise<Result<Identity, AuthenticationFailure>> {
  return (authorization) =>
    authenticator.authenticate({
      method: "GET",
      scheme: "https",
      authority: "",
      path: "/",
      fields: new Fields(authorization === undefined ? [] : [["authorization", authorization]]),
    });
}
