import { z } from "zod";
import { host, name } from "./name.ts";
import { fileReference } from "./reference.ts";
import { scheme } from "./scheme.ts";
import { originUrl } from "./url.ts";

/** A protected endpoint (`connections` in the config file). */
export function connection(folder: string) {
  return z.strictObject({
    name,
    kind: z.enum(["github-api", "git", "copilot"]),
    hosts: z.array(host).min(1, "must name at least one host"),
    upstream: originUrl,
    /** The certificate authority of an upstream that no public one vouches for. */
    upstreamCa: fileReference(folder).exactOptional(),
    /** The credential that its requests carry, by name. */
    credential: z.string().exactOptional(),
    /** How this upstream wants it spelled, over what the credential says; git has Basic unless this says otherwise. */
    scheme: scheme.exactOptional(),
  });
}
