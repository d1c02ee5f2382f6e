import { z } from "zod";
import type { Result } from "../../base/result.ts";
import type { Secret } from "../../base/secret.ts";
import type { Facts } from "../../core/facts.ts";
import { edit, proceed, refuse } from "../../core/outcome.ts";
import type { Action } from "../action.ts";
import { defineAction } from "../action.ts";

/** Where the credentials for upstreams come from. */
export interface CredentialHeaders {
  /** The credentials that can be named; absent: that is not checked. */
  readonly names?: readonly string[];
  /**
   * The whole value of the `authorization` header for this request's upstream. An error where the credential cannot
   * be had, or must not be shown to that upstream.
   */
  header(name: string, facts: Facts): Promise<Result<Secret>>;
}

/** `inject: { credential }`: puts in a stored credential; without a name, the connection's own, where it has one. */
export function injectAction(credentials: CredentialHeaders): Action {
  const known = nameSchema(credentials.names);
  const parameters = z.strictObject({ credential: known.optional() });
  return defineAction("inject", parameters, ({ credential }) => ({
    name: "inject",
    stage: "edit",
    enforce: async (facts) => {
      const name = credential ?? facts.target.connection.credential;
      if (name === undefined) return proceed;
      const header = await credentials.header(name, facts);
      if (header.ok) return edit({ authorization: header.value });
      return refuse("unavailable", "The credential for this upstream is not available.");
    },
  }));
}

function nameSchema(names: readonly string[] | undefined) {
  if (names === undefined) return z.string().min(1);
  return names.length === 0 ? z.never("the config names no credential") : z.enum(names);
}
