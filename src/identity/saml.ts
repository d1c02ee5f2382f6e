import { randomBytes } from "node:crypto";
import { generateServiceProviderMetadata, SAML } from "@node-saml/node-saml";
import { err, ok, type Result } from "../base/result.ts";
import { Secret } from "../base/secret.ts";
import type { TokenVerifier } from "./authenticator.ts";
import { principalOf, sessionOf } from "./claims.ts";
import { type AuthenticationCode, type AuthenticationFailure, failure } from "./failure.ts";
import type { Identity } from "./identity.ts";
import { type AssertionRules, readAssertion } from "./saml-assertion.ts";
import type { IdentityProvider } from "./saml-metadata.ts";
import { type ProviderSource, readProvider } from "./saml-provider-file.ts";
import { asResponse, screenXml } from "./saml-text.ts";
import type { SessionStore } from "./sessions/store.ts";

/** A SAML 2.0 identity provider, and how it knows us. */
export interface SamlConfig {
  /** What policy calls it; unique among all issuers. */
  readonly name: string;
  /** Where the provider is described. Read for each sign-in and each assertion. */
  readonly provider: ProviderSource;
  /** Our entity id, which is the audience too. */
  readonly entityId: string;
  /** Where browsers deliver its responses: the console's assertion consumer service. */
  readonly callbackUrl: string;
  /** Where the token exchange is, as the `Recipient` of assertions made for it (RFC 7522 section 3). */
  readonly tokenUrl: string;
  readonly require?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** The attribute that holds the groups. */
  readonly groups?: string | undefined;
}

/** Signs people in, and verifies assertions for the exchange. Each assertion counts once. */
export interface SamlProvider extends TokenVerifier {
  /** Where to send the browser, and the id of the request, which only that browser may bring back (in a cookie). */
  login(
    relayState: string,
  ): Promise<Result<{ readonly url: string; readonly requestId: string }, AuthenticationFailure>>;
  /** Who the posted `SAMLResponse` (base64) speaks of, if it answers that very request. */
  finish(response: string, requestId: string): Promise<Result<Identity, AuthenticationFailure>>;
  /** Our metadata, for the identity provider. */
  metadata(): string;
}

/** How far clocks may differ, in milliseconds. */
const leeway = 60_000;

export function samlProvider(
  config: SamlConfig,
  sessions: Pick<SessionStore, "once">,
): SamlProvider {
  return {
    login: async (relayState) => {
      const provider = await readProvider(config.provider);
      if (!provider.ok) return err(failure("keys_unavailable"));
      const requestId = `_${randomBytes(20).toString("hex")}`;
      const saml = reader(config, provider.value, () => requestId);
      return ok({ url: await saml.getAuthorizeUrlAsync(relayState, undefined, {}), requestId });
    },
    finish: (response, requestId) =>
      accept(config, sessions, decode(response, "base64"), {
        recipients: [config.callbackUrl],
        requestId,
      }),
    // RFC 8693 section 3: base64url of the assertion; nothing was asked for, so it answers no request.
    verify: (token) =>
      accept(config, sessions, decode(token.reveal(), "base64url"), {
        recipients: [config.tokenUrl],
      }),
    metadata: () =>
      generateServiceProviderMetadata({
        issuer: config.entityId,
        callbackUrl: config.callbackUrl,
        wantAssertionsSigned: true,
        identifierFormat: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
      }),
  };
}

async function accept(
  config: SamlConfig,
  sessions: Pick<SessionStore, "once">,
  xml: string | undefined,
  rules: Omit<AssertionRules, "idp">,
): Promise<Result<Identity, AuthenticationFailure>> {
  if (xml === undefined) return err(failure("malformed"));
  const screened = screenXml(xml);
  if (!screened.ok) return err(failure(screened.error));
  const provider = await readProvider(config.provider);
  if (!provider.ok) return err(failure("keys_unavailable"));
  const idp = provider.value.id;
  const verified = await verify(config, provider.value, asResponse(screened.value));
  if (!verified.ok) return err(failure(verified.error));
  const assertion = readAssertion(verified.value, { ...rules, idp });
  if (!assertion.ok) return err(failure(assertion.error));
  const principal = principalOf(config, assertion.value.claims);
  if (!principal.ok) return err(failure(principal.error));
  const { id, expiresAt } = assertion.value;
  const first = await once(sessions, `saml:${idp}:${id}`, expiresAt + 2 * leeway);
  if (first !== "first") return err(failure(first));
  return ok({
    principal: principal.value,
    session: sessionOf(idp, principal.value),
    expiresAt,
    token: new Secret(xml),
  });
}

/** The verified assertion, parsed from the very bytes that were signed. */
async function verify(
  config: SamlConfig,
  provider: IdentityProvider,
  response: string,
): Promise<Result<unknown, AuthenticationCode>> {
  try {
    const saml = reader(config, provider, () => "_unused");
    const SAMLResponse = Buffer.from(response, "utf8").toString("base64");
    const { profile } = await saml.validatePostResponseAsync({ SAMLResponse });
    return profile === null ? err("malformed") : ok(profile.getAssertion?.());
  } catch (error) {
    return err(codeOf(error));
  }
}

function reader(
  config: SamlConfig,
  { entryPoint, certificates }: IdentityProvider,
  generateUniqueId: () => string,
): SAML {
  return new SAML({
    entryPoint,
    issuer: config.entityId,
    audience: config.entityId,
    callbackUrl: config.callbackUrl,
    idpCert: [...certificates],
    wantAssertionsSigned: true,
    wantAuthnResponseSigned: false,
    acceptedClockSkewMs: leeway,
    disableRequestedAuthnContext: true,
    identifierFormat: null,
    signatureAlgorithm: "sha256",
    generateUniqueId,
  });
}

function decode(text: string, encoding: "base64" | "base64url"): string | undefined {
  const plain = text.replace(/\s/g, "");
  const alphabet = encoding === "base64" ? /^[A-Za-z0-9+/]+={0,2}$/ : /^[\w-]+={0,2}$/;
  if (!alphabet.test(plain)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(plain, encoding));
  } catch {
    return undefined;
  }
}

async function once(
  sessions: Pick<SessionStore, "once">,
  key: string,
  until: number,
): Promise<"first" | "replayed" | "store_unavailable"> {
  try {
    return (await sessions.once(key, until)) ? "first" : "replayed";
  } catch {
    return "store_unavailable";
  }
}

/** The library tells its reasons in its messages alone; one that we do not know is still a refusal. */
function codeOf(error: unknown): AuthenticationCode {
  const message = error instanceof Error ? error.message : "";
  if (/not yet valid/.test(message)) return "not_yet_valid";
  if (/expired|No valid subject confirmation/.test(message)) return "expired";
  if (/audience/i.test(message)) return "audience";
  if (/signature/i.test(message)) return "signature";
  return "malformed";
}
