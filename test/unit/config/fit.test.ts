import { expect, test } from "vitest";
import { defaultConfig } from "../../../src/config/config.ts";
import type { Connection } from "../../../src/core/target.ts";
import type { CredentialConfig } from "../../../src/credentials/config.ts";
import type { OidcIssuerConfig } from "../../../src/identity/issuer.ts";

test("what the config file gives is what credentials, identity and connections take, without a cast", () => {
  const config = defaultConfig("/srv/gate");
  const connections: readonly Connection[] = config.connections;
  const credentials: readonly CredentialConfig[] = config.credentials;
  const issuers: readonly OidcIssuerConfig[] = config.identity.issuers;
  expect([connections.length, credentials.length, issuers.length]).toEqual([3, 0, 0]);
});
