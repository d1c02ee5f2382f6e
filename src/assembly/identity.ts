import { samlSignIn } from "../api/oauth2-saml.ts";
import type { Clock } from "../base/clock.ts";
import { ok, type Result } from "../base/result.ts";
import type { Config } from "../config/schema.ts";
import type { ConsoleOptions } from "../console/console.ts";
import {
  type Authenticator,
  createAuthenticator,
  type TokenVerifier,
} from "../identity/authenticator.ts";
import type { TokenExchange } from "../identity/exchange.ts";
import { oidcIssuers } from "../identity/oidc.ts";
import { type SamlProvider, samlProvider } from "../identity/saml.ts";
import { readProvider } from "../identity/saml-provider-file.ts";
import type { SessionStore } from "../identity/sessions/store.ts";
import { consoleUrl } from "./law.ts";

/** Who vouches for principals, and who knows them by what they show. */
export interface IdentityParts {
  readonly issuers: TokenVerifier;
  readonly saml?: SamlProvider;
  readonly authenticator: Authenticator;
}

/** Opens all that the config's `identity` names; the error says which file cannot be used. Issuers are asked later. */
export async function openIdentity(
  config: Config,
  sessions: SessionStore,
  clock: Clock,
  fault: (where: string, error: unknown) => void,
): Promise<Result<IdentityParts>> {
  const saml = await openSaml(config, sessions);
  if (!saml.ok) return saml;
  const issuers = oidcIssuers(config.identity.issuers, {
    clock,
    fetch,
    onProblem: (name, error) => fault(`issuer ${name}`, error),
  });
  const onProblem = (error: unknown) => fault("sessions", error);
  const authenticator = createAuthenticator({ issuers, sessions, onProblem });
  return ok({ issuers, authenticator, ...(saml.value === undefined ? {} : { saml: saml.value }) });
}

async function openSaml(
  config: Config,
  sessions: SessionStore,
): Promise<Result<SamlProvider | undefined>> {
  const { saml } = config.identity;
  if (saml === undefined) return ok(undefined);
  const provider = await readProvider(saml.provider);
  if (!provider.ok) return provider;
  const at = (path: string) => new URL(path, consoleUrl(config)).href;
  const { entityId = at("/saml/metadata"), tokenUrl, ...rest } = saml;
  const urls = { callbackUrl: at("/saml/acs"), tokenUrl: tokenUrl?.href ?? at("/oauth2/token") };
  return ok(samlProvider({ ...rest, ...urls, entityId }, sessions));
}

/** What the console needs to send people there, and to take them back. */
export function signInWith(
  { identity }: Config,
  saml: SamlProvider | undefined,
  exchange: TokenExchange,
): Pick<ConsoleOptions, "provider"> {
  if (saml === undefined || identity.saml === undefined) return {};
  const { name } = identity.saml;
  return { provider: { name, routes: (signIn) => samlSignIn({ ...signIn, saml, exchange }) } };
}
