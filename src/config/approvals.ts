import { z } from "zod";
import { duration } from "../yaml/quantity.ts";
import { name } from "./name.ts";
import { notify } from "./notify.ts";
import { secretReference } from "./reference.ts";
import { webUrl } from "./url.ts";

/** How people are asked (`approvals` in the config file). */
export function approvals(folder: string) {
  return z.strictObject({
    /** How long a client is held before it is told to come back. */
    hold: duration.prefault("10m"),
    /** How long a person has to answer. */
    expires: duration.prefault("24h"),
    /** How many requests of one caller may wait for people at one time. */
    pending: z.int().min(1).max(100_000).default(100),
    /** Where people find the console, for links and cookies; `http://` and `listen.api` where absent. */
    console: webUrl.optional(),
    /** Who may use the approvals API: principal ids and `group:` names. Empty: whomever a rule names. */
    approvers: z.array(z.string().min(1)).default([]),
    /**
     * Where people sign in to the console: one of `identity.issuers`, by name, and the client that is registered
     * there (redirect URI: the console's address and `sign-in/done`; the issuer's `audience` must list it).
     */
    signIn: z
      .strictObject({
        issuer: name,
        clientId: z.string().min(1),
        clientSecret: secretReference(folder).exactOptional(),
        scope: z
          .string()
          .regex(/^openid( |$)/, "must begin with openid")
          .default("openid profile"),
      })
      .exactOptional(),
    notify: notify(folder).prefault({}),
  });
}
