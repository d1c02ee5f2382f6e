import type { Config } from "./schema.ts";

/** The names by which policy knows who vouches for principals. */
export function issuerNames({ identity }: Config): readonly string[] {
  const saml = identity.saml === undefined ? [] : [identity.saml.name];
  return [...identity.issuers.map(({ name }) => name), ...saml];
}
