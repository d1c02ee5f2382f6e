import type { Result } from "../../base/result.ts";
import type { Secret } from "../../base/secret.ts";
import type { Facts } from "../../core/facts.ts";
import { edit, proceed, refuse } from "../../core/outcome.ts";
import type { Action } from "../action.ts";
import { defineAction } from "../action.ts";
import { type CredentialNames, injectParameters, type Limits } from "./parameters.ts";

/** Where the credentials for upstreams come from. */
export interface CredentialHeaders extends CredentialNames {
  /**
   * The whole value of the `authorization` header for this request's upstream. An error where the credential cannot
   * be had, must not be shown to that upstream, or cannot be made as little as `limits` says.
   */
  header(name: string, facts: Facts, limits: Limits): Promise<Result<Secret>>;
}

/**
 * `inject: { credential, permissions, repositories }`: puts in a stored credential; without a name, the connection's
 * own, where it has one. The others say what a token of a GitHub App is minted for, and no more.
 */
export function injectAction(credentials: CredentialHeaders): Action {
  const parameters = injectParameters(credentials);
  return defineAction("inject", parameters, ({ credential, ...limits }) => ({
    name: "inject",
    stage: "edit",
    enforce: async (facts) => {
      const name = credential ?? facts.target.connection.credential;
      if (name === undefined) return proceed;
      const header = await credentials.header(name, facts, limits);
      if (header.ok) return edit({ authorization: header.value });
      return refuse("unavailable", "The credential for this upstream is not available.");
    },
  }));
}
