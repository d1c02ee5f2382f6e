import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { generateServiceProviderMetadata, SAML } from "@node-saml/node-saml";
import { err, ok, type Result } from "../base/result.ts";
import { Secret } from "../base/secret.ts";
import type { TokenVerifier } from "./authenticator.ts";
import { principalOf, sessionOf } from "./claims.ts";
import { type AuthenticationCode, type AuthenticationFailure, failure } from "./failure.ts";
import type { Identity } from "./identity.ts";
import { type AssertionRules, readAssertion } from "./saml-assertion.ts";
import { asResponse, screenXml } from "./saml-text.ts";
import type { SessionStore } from "./sessions/store.ts";

/** A SAML 2.0 identity provider, and how it knows us. */
export interface SamlConfig {
  /** What policy calls it; unique among all issuers. */
  readonly name: string;
  /** Its entity id. */
  readonly idp: string;
  /** Its single sign-on URL (HTTP-Redirect binding). */
  readonly entryPoint: string;
  /** The PEM file of its signing certificates: several while they rotate. Read for each assertion. */
  readonly certificates: string;
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
  login(relayState: string): Promise<{ readonly url: string; readonly requestId: string }>;
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
      const requestId = `_${randomBytes(20).toString("hex")}`;
      const saml = reader(config, [unused], () => requestId);
      return { url: await saml.getAuthorizeUrlAsync(relayState, undefined, {}), requestId };
    },
    finish: (response, requestId) =>
      accept(config, sessions, decode(response, "base64"), {
        idp: config.idp,
        recipients: [config.callbackUrl],
        requestId,
      }),
    // RFC 8693 section 3: base64url of the assertion; nothing was asked for, so it answers no request.
    verify: (token) =>
      accept(config, sessions, decode(token.reveal(), "base64url"), {
        idp: config.idp,
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
  rules: AssertionRules,
): Promise<Result<Identity, AuthenticationFailure>> {
  if (xml === undefined) return err(failure("malformed"));
  const screened = screenXml(xml);
  if (!screened.ok) return err(failure(screened.error));
  const verified = await verify(config, asResponse(screened.value));
  if (!verified.ok) return err(failure(verified.error));
  const assertion = readAssertion(verified.value, rules);
  if (!assertion.ok) return err(failure(assertion.error));
  const principal = principalOf(config, assertion.value.claims);
  if (!principal.ok) return err(failure(principal.error));
  const { id, expiresAt } = assertion.value;
  const first = await once(sessions, `saml:${config.idp}:${id}`, expiresAt + 2 * leeway);
  if (first !== "first") return err(failure(first));
  return ok({
    principal: principal.value,
    session: sessionOf(config.idp, principal.value),
    expiresAt,
    token: new Secret(xml),
  });
}

/** The verified assertion, parsed from the very bytes that were signed. */
async function verify(
  config: SamlConfig,
  response: string,
): Promise<Result<unknown, AuthenticationCode>> {
  let certificates: readonly string[];
  try {
    certificates = pemBlocks(await readFile(config.certificates, "utf8"));
  } catch {
    return err("keys_unavailable");
  }
  if (certificates.length === 0) return err("keys_unavailable");
  try {
    const saml = reader(config, certificates, () => "_unused");
    const SAMLResponse = Buffer.from(response, "utf8").toString("base64");
    const { profile } = await saml.validatePostResponseAsync({ SAMLResponse });
    return profile === null ? err("malformed") : ok(profile.getAssertion?.());
  } catch (error) {
    return err(codeOf(error));
  }
}

function reader(
  config: SamlConfig,
  certificates: readonly string[],
  generateUniqueId: () => string,
): SAML {
  return new SAML({
    entryPoint: config.entryPoint,
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

/** The library wants a certificate even where it only writes a request. */
const unused = "unused";

function pemBlocks(text: string): readonly string[] {
  return text.match(/-----BEGIN (CERTIFICATE|PUBLIC KEY)-----[^-]+-----END \1-----/g) ?? [];
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
