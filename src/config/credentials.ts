import { z } from "zod";
import { credentialSource } from "./credential-source.ts";
import { name, upstreamHost } from "./name.ts";
import { scheme } from "./scheme.ts";

/** What upstreams want to see, and where it is kept (`credentials` in the config file). */
export function credential(folder: string) {
  return z.strictObject({
    name,
    source: credentialSource(folder),
    /** Absent: `bearer` for Copilot, `token` for GitHub's API. Git has Basic, whatever stands here. */
    scheme: scheme.exactOptional(),
    /**
     * Upstream hosts (with their port, where it is not the usual one) that it may be sent to besides those of the
     * connections that name it, for rules that put it in by name. Never another.
     */
    hosts: z.array(upstreamHost).min(1).exactOptional(),
    /** The user name for Basic; `x-access-token` unless stated. */
    user: z
      .string()
      .regex(/^[^:]+$/, "must be a user name without a colon")
      .exactOptional(),
  });
}
