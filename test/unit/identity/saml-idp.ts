import { createHash, createSign, generateKeyPairSync, type KeyObject } from "node:crypto";

const dsig = "http://www.w3.org/2000/09/xmldsig#";
const exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";
const rsaSha256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";

/** What goes into an assertion; tests change what they attack. */
export interface AssertionParts {
  readonly id: string;
  readonly issuer: string;
  readonly nameId: string;
  readonly nameIdFormat: string;
  readonly audience: string;
  readonly recipient: string;
  readonly inResponseTo?: string;
  readonly notBefore: Date;
  readonly notOnOrAfter: Date;
  readonly method: string;
  readonly groups: readonly string[];
}

export interface SigningParts {
  readonly key: KeyObject;
  readonly algorithm?: string;
  readonly hash?: string;
  /** XML put into the signature, after its value. */
  readonly keyInfo?: string;
}

export function idpKey(): { readonly key: KeyObject; readonly pem: string } {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { key: privateKey, pem: publicKey.export({ type: "spki", format: "pem" }).toString() };
}

/** An assertion, written in exclusive canonical form, so that its bytes are what is to be digested. */
export function assertionXml(parts: AssertionParts): string {
  const at = (date: Date) => date.toISOString();
  const answers = parts.inResponseTo === undefined ? "" : ` InResponseTo="${parts.inResponseTo}"`;
  const groups = parts.groups
    .map((group) => `<saml:AttributeValue>${group}</saml:AttributeValue>`)
    .join("");
  return [
    `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${parts.id}" IssueInstant="${at(parts.notBefore)}" Version="2.0">`,
    `<saml:Issuer>${parts.issuer}</saml:Issuer>`,
    `<saml:Subject><saml:NameID Format="${parts.nameIdFormat}">${parts.nameId}</saml:NameID>`,
    `<saml:SubjectConfirmation Method="${parts.method}">`,
    `<saml:SubjectConfirmationData${answers} NotOnOrAfter="${at(parts.notOnOrAfter)}" Recipient="${parts.recipient}"></saml:SubjectConfirmationData>`,
    `</saml:SubjectConfirmation></saml:Subject>`,
    `<saml:Conditions NotBefore="${at(parts.notBefore)}" NotOnOrAfter="${at(parts.notOnOrAfter)}">`,
    `<saml:AudienceRestriction><saml:Audience>${parts.audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>`,
    `<saml:AuthnStatement AuthnInstant="${at(parts.notBefore)}" SessionIndex="s1"></saml:AuthnStatement>`,
    `<saml:AttributeStatement><saml:Attribute Name="groups">${groups}</saml:Attribute>`,
    `<saml:Attribute Name="empty"><saml:AttributeValue></saml:AttributeValue></saml:Attribute></saml:AttributeStatement>`,
    `</saml:Assertion>`,
  ].join("");
}

/** The signature over that element (XML Signature, enveloped, one reference), to stand inside it. */
export function signatureXml(element: string, id: string, signing: SigningParts): string {
  const { key, algorithm = rsaSha256, hash = "sha256", keyInfo = "" } = signing;
  const digestMethod = hash === "sha1" ? `${dsig}sha1` : `http://www.w3.org/2001/04/xmlenc#${hash}`;
  const digest = createHash(hash).update(element).digest("base64");
  const signedInfo = [
    `<ds:CanonicalizationMethod Algorithm="${exclusive}"></ds:CanonicalizationMethod>`,
    `<ds:SignatureMethod Algorithm="${algorithm}"></ds:SignatureMethod>`,
    `<ds:Reference URI="#${id}"><ds:Transforms>`,
    `<ds:Transform Algorithm="${dsig}enveloped-signature"></ds:Transform>`,
    `<ds:Transform Algorithm="${exclusive}"></ds:Transform></ds:Transforms>`,
    `<ds:DigestMethod Algorithm="${digestMethod}"></ds:DigestMethod>`,
    `<ds:DigestValue>${digest}</ds:DigestValue></ds:Reference>`,
  ].join("");
  const canonical = `<ds:SignedInfo xmlns:ds="${dsig}">${signedInfo}</ds:SignedInfo>`;
  const value = createSign(`RSA-${hash.toUpperCase()}`).update(canonical).sign(key, "base64");
  return `<ds:Signature xmlns:ds="${dsig}"><ds:SignedInfo>${signedInfo}</ds:SignedInfo><ds:SignatureValue>${value}</ds:SignatureValue>${keyInfo}</ds:Signature>`;
}

/** Puts the signature where SAML wants it: right after the issuer. */
export function signed(parts: AssertionParts, signing: SigningParts): string {
  const xml = assertionXml(parts);
  return xml.replace("</saml:Issuer>", `</saml:Issuer>${signatureXml(xml, parts.id, signing)}`);
}

export function responseXml(inner: string, attributes = ""): string {
  return `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_response" Version="2.0"${attributes}><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"></samlp:StatusCode></samlp:Status>${inner}</samlp:Response>`;
}
