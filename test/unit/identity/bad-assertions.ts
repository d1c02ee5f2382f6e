import type { AuthenticationCode } from "../../../src/identity/failure.ts";
import { selfSigned } from "./saml-certificate.ts";
import {
  type AssertionParts,
  assertionXml,
  responseXml,
  type SigningParts,
  signatureXml,
  signed,
} from "./saml-idp.ts";

/** An assertion that must not be taken, and why. */
export interface BadAssertion {
  readonly name: string;
  readonly code: AuthenticationCode;
  readonly xml: string;
}

export interface BadAssertionParts {
  /** The parts of a good one, new each time. */
  parts(over?: Partial<AssertionParts>): AssertionParts;
  /** The key that is trusted, and one that is not. */
  readonly honest: SigningParts;
  readonly stranger: SigningParts;
  /** One that was taken already. */
  readonly used: string;
  /** Where browsers deliver theirs. */
  readonly acs: string;
}

const transient = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";

/** Assertions for the token exchange, each bad in its own way. */
export function badAssertions(given: BadAssertionParts): readonly BadAssertion[] {
  const { parts, honest, stranger, used, acs } = given;
  const victim = () => signed(parts(), honest);
  const evil = () => assertionXml(parts({ id: "_evil", nameId: "admin@corp.test" }));
  const named = parts({ nameId: "ada@corp.test.evil.test" });
  const rows: readonly (readonly [string, AuthenticationCode, string])[] = [
    ["replayed", "replayed", used],
    ["unsigned", "signature", assertionXml(parts())],
    ["signed by another key", "signature", signed(parts(), stranger)],
    [
      "by another key that it brings itself",
      "signature",
      signed(parts(), {
        ...stranger,
        keyInfo: `<ds:KeyInfo><ds:X509Data><ds:X509Certificate>${selfSigned(stranger.key)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`,
      }),
    ],
    ["changed after it was signed", "signature", victim().replace("ada@", "admin@")],
    ["wrapped: an unsigned one before it", "signature", responseXml(evil() + victim())],
    ["wrapped: an unsigned one after it", "signature", responseXml(victim() + evil())],
    [
      "wrapped: inside an unsigned one",
      "signature",
      responseXml(evil().replace("</saml:Issuer>", `</saml:Issuer>${victim()}`)),
    ],
    [
      "wrapped: referred to from an unsigned one",
      "signature",
      (() => {
        const inner = parts();
        const signature = signatureXml(assertionXml(inner), inner.id, honest);
        const outer = evil().replace("</saml:Issuer>", `</saml:Issuer>${signature}`);
        return responseXml(`<samlp:Extensions>${assertionXml(inner)}</samlp:Extensions>${outer}`);
      })(),
    ],
    [
      "a comment put into the name",
      "malformed",
      signed(named, honest).replace("corp.test.evil", "corp.test<!---->.evil"),
    ],
    [
      "an entity in the name",
      "malformed",
      `<!DOCTYPE x [<!ENTITY e "admin">]>${signed(parts({ nameId: "&e;" }), honest)}`,
    ],
    [
      "expired",
      "expired",
      signed(
        parts({
          notBefore: new Date(Date.now() - 600_000),
          notOnOrAfter: new Date(Date.now() - 300_000),
        }),
        honest,
      ),
    ],
    [
      "not yet valid",
      "not_yet_valid",
      signed(parts({ notBefore: new Date(Date.now() + 300_000) }), honest),
    ],
    ["for another audience", "audience", signed(parts({ audience: "https://x.test" }), honest)],
    ["for the console, not the exchange", "audience", signed(parts({ recipient: acs }), honest)],
    [
      "by another issuer of the same key",
      "unknown_issuer",
      signed(parts({ issuer: "https://other.test" }), honest),
    ],
    [
      "of nobody in particular",
      "claim_missing",
      signed(parts({ nameIdFormat: transient }), honest),
    ],
    [
      "SHA-1",
      "algorithm",
      signed(parts(), {
        ...honest,
        algorithm: "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        hash: "sha1",
      }),
    ],
  ];
  return rows.map(([name, code, xml]) => ({ name, code, xml }));
}
