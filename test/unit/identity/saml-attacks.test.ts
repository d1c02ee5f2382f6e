import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { assertionXml, responseXml, signatureXml, signed } from "./saml-idp.ts";
import {
  finish as deliver,
  format,
  honest,
  minutes,
  openSaml,
  parts,
  stranger,
  unasked,
} from "./saml-setup.ts";

let opened: Awaited<ReturnType<typeof openSaml>>;

beforeEach(async () => {
  opened = await openSaml();
});
afterEach(() => opened.close());
const finish = (xml: string) => deliver(opened.saml, xml);

/** Wraps the honest assertion of `victim` so that a careless reader takes `evil` for it. */
const evil = () => assertionXml(parts({ id: "_evil", nameId: "admin@corp.test" }));
const withComment = (xml: string) => xml.replace("ada@corp.test", "ada@corp.test<!---->.evil.test");

const attacks: readonly [string, string, () => string][] = [
  ["no signature", "signature", () => responseXml(assertionXml(parts()))],
  ["a stranger's signature", "signature", () => responseXml(signed(parts(), stranger))],
  [
    "a stranger's signature that brings its own key",
    "signature",
    () => {
      const keyInfo = `<ds:KeyInfo><ds:X509Data><ds:X509Certificate>${stranger.pem.replace(/-----[^-]+-----|\n/g, "")}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`;
      return responseXml(signed(parts(), { ...stranger, keyInfo }));
    },
  ],
  [
    "another name under the signature",
    "signature",
    () => responseXml(signed(parts(), honest).replace("ada@", "eve@")),
  ],
  [
    "a group added",
    "signature",
    () => responseXml(signed(parts(), honest).replace("approvers<", "administrators<")),
  ],
  [
    "the time moved",
    "signature",
    () =>
      responseXml(
        signed(parts(), honest).replaceAll(
          /NotOnOrAfter="[^"]*"/g,
          `NotOnOrAfter="${minutes(60).toISOString()}"`,
        ),
      ),
  ],
  [
    "two assertions, the signed one second (wrapping)",
    "signature",
    () => responseXml(evil() + signed(parts(), honest)),
  ],
  [
    "two assertions, the signed one first (wrapping)",
    "signature",
    () => responseXml(signed(parts(), honest) + evil()),
  ],
  [
    "the signed assertion inside an unsigned one (wrapping)",
    "signature",
    () => responseXml(evil().replace("</saml:Issuer>", `</saml:Issuer>${signed(parts(), honest)}`)),
  ],
  [
    "the signed assertion in an extension (wrapping)",
    "signature",
    () => responseXml(`<samlp:Extensions>${signed(parts(), honest)}</samlp:Extensions>${evil()}`),
  ],
  [
    "a signature in an unsigned assertion that refers to the signed one (wrapping)",
    "signature",
    () => {
      const victim = parts();
      const signature = signatureXml(assertionXml(victim), victim.id, honest);
      const outer = evil().replace("</saml:Issuer>", `</saml:Issuer>${signature}`);
      return responseXml(`<samlp:Extensions>${assertionXml(victim)}</samlp:Extensions>${outer}`);
    },
  ],
  [
    "two elements of one id (wrapping)",
    "signature",
    () => {
      const victim = signed(parts({ id: "_same" }), honest);
      const copy = assertionXml(parts({ id: "_same", nameId: "admin@corp.test" }));
      return responseXml(`<samlp:Extensions>${copy}</samlp:Extensions>${victim}`);
    },
  ],
  ["a comment in the name", "malformed", () => withComment(responseXml(signed(parts(), honest)))],
  [
    "a comment in the name, signed so",
    "malformed",
    () => responseXml(signed(parts({ nameId: "ada@corp.test<!---->.evil.test" }), honest)),
  ],
  [
    "CDATA in the name",
    "malformed",
    () =>
      responseXml(signed(parts(), honest).replace("ada@corp.test", "<![CDATA[ada@corp.test]]>")),
  ],
  [
    "a processing instruction",
    "malformed",
    () => responseXml(signed(parts(), honest).replace("ada@", "<?x?>ada@")),
  ],
  [
    "a document type with an entity",
    "malformed",
    () =>
      `<!DOCTYPE x [<!ENTITY e "admin">]>${responseXml(signed(parts({ nameId: "&e;" }), honest))}`,
  ],
  [
    "SHA-1",
    "algorithm",
    () =>
      responseXml(
        signed(parts(), {
          ...honest,
          algorithm: "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
          hash: "sha1",
        }),
      ),
  ],
  [
    "HMAC with the public key",
    "algorithm",
    () =>
      responseXml(
        signed(parts(), { ...honest, algorithm: "http://www.w3.org/2000/09/xmldsig#hmac-sha1" }),
      ),
  ],
  [
    "another issuer",
    "unknown_issuer",
    () => responseXml(signed(parts({ issuer: "https://other.test" }), honest)),
  ],
  [
    "another audience",
    "audience",
    () => responseXml(signed(parts({ audience: "https://other.test" }), honest)),
  ],
  [
    "another recipient",
    "audience",
    () => responseXml(signed(parts({ recipient: "https://other.test/acs" }), honest)),
  ],
  [
    "another request",
    "audience",
    () => responseXml(signed(parts({ inResponseTo: "_other" }), honest)),
  ],
  [
    "no request (unsolicited)",
    "audience",
    () => responseXml(signed(unasked(), honest), ' InResponseTo="_request"'),
  ],
  [
    "another confirmation than bearer",
    "audience",
    () =>
      responseXml(
        signed(parts({ method: "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches" }), honest),
      ),
  ],
  [
    "expired",
    "expired",
    () =>
      responseXml(signed(parts({ notBefore: minutes(-10), notOnOrAfter: minutes(-2) }), honest)),
  ],
  [
    "not yet valid",
    "not_yet_valid",
    () => responseXml(signed(parts({ notBefore: minutes(3) }), honest)),
  ],
  [
    "a name for one sign-in alone",
    "claim_missing",
    () => responseXml(signed(parts({ nameIdFormat: format("transient") }), honest)),
  ],
  ["a refusal of the provider", "malformed", () => responseXml("").replace("Success", "Responder")],
  ["no XML", "malformed", () => "hello"],
  ["200 KiB", "too_large", () => responseXml(" ".repeat(200 * 1024))],
];

describe("an assertion is refused", () => {
  it.each(attacks)("with %s", async (_, code, build) => {
    expect(await finish(build())).toMatchObject({ ok: false, error: { code } });
  });

  it("the second time", async () => {
    const xml = responseXml(signed(parts(), honest));
    expect((await finish(xml)).ok).toBe(true);
    expect(await finish(xml)).toMatchObject({ error: { code: "replayed" } });
  });

  it("when no certificate can be read", async () => {
    await opened.trust("");
    expect(await finish(responseXml(signed(parts(), honest)))).toMatchObject({
      error: { code: "keys_unavailable", refusal: "unavailable" },
    });
  });

  it("by way of no word that it brought", async () => {
    const identity = await finish(
      responseXml(signed(parts({ issuer: "https://evil.test" }), honest)),
    );
    expect(JSON.stringify(identity)).not.toContain("evil.test");
  });
});
