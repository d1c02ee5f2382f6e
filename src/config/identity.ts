import { z } from "zod";
import { duration } from "../yaml/quantity.ts";
import { name } from "./name.ts";
import { fileReference } from "./reference.ts";
import { saml } from "./saml.ts";
import { trustedUrl } from "./url.ts";

const oneOrMore = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

const algorithms = [
  ...(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] as const),
  ...(["ES256", "ES384", "ES512", "EdDSA"] as const),
] as const;

/** Who vouches for principals (`identity` in the config file). */
export function identity(folder: string) {
  const jwks = z.union([
    z
      .string()
      .startsWith("file:", "must be file: and a path, or a URL")
      .pipe(fileReference(folder)),
    trustedUrl,
  ]);
  const issuer = z.strictObject({
    name,
    /** The `iss` claim, byte for byte; keys are discovered from it unless `jwks` says where they are. */
    issuer: z.string().refine((text) => trustedUrl.safeParse(text).success, {
      message: "must be the issuer's https URL (http is for loopback only)",
    }),
    audience: oneOrMore.transform((value) => (typeof value === "string" ? [value] : value)),
    /** Claims that a token must carry, with one of these values. */
    require: z.record(z.string(), oneOrMore).default({}),
    /** The claim that lists a principal's groups. */
    groups: z.string().min(1).exactOptional(),
    jwks: jwks.exactOptional(),
    /** Pinned signature algorithms; RS256 and ES256 unless stated. */
    algorithms: z.array(z.enum(algorithms)).min(1).exactOptional(),
  });
  return z.strictObject({
    issuers: z.array(issuer).default([]),
    saml: saml(folder).exactOptional(),
    sessions: z.strictObject({ lifetime: duration.prefault("6h") }).prefault({}),
  });
}
