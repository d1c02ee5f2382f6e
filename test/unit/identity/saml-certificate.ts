import { createPublicKey, createSign, type KeyObject, randomBytes } from "node:crypto";
import { AsnConvert } from "@peculiar/asn1-schema";
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  Certificate,
  Name,
  RelativeDistinguishedName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from "@peculiar/asn1-x509";

/** A certificate over that RSA key, signed by itself, as identity providers put them into their metadata: base64 of DER. */
export function selfSigned(key: KeyObject): string {
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  const signature = new AlgorithmIdentifier({ algorithm: "1.2.840.113549.1.1.11" });
  const name = new Name([
    new RelativeDistinguishedName([
      new AttributeTypeAndValue({
        type: "2.5.4.3",
        value: new AttributeValue({ utf8String: "idp.test" }),
      }),
    ]),
  ]);
  const tbs = new TBSCertificate({
    version: Version.v3,
    serialNumber: new Uint8Array([1, ...randomBytes(8)]).buffer,
    signature,
    issuer: name,
    subject: name,
    validity: new Validity({
      notBefore: new Date(Date.now() - 60_000),
      notAfter: new Date(Date.now() + 86_400_000),
    }),
    subjectPublicKeyInfo: AsnConvert.parse(spki, SubjectPublicKeyInfo),
  });
  const signed = createSign("RSA-SHA256")
    .update(Buffer.from(AsnConvert.serialize(tbs)))
    .sign(key);
  const certificate = new Certificate({
    tbsCertificate: tbs,
    signatureAlgorithm: signature,
    signatureValue: new Uint8Array(signed).buffer,
  });
  return Buffer.from(AsnConvert.serialize(certificate)).toString("base64");
}

/** The metadata of an identity provider, as the common products write it. */
export function metadataXml(parts: {
  readonly id: string;
  readonly entryPoint: string;
  /** Base64 of DER. */
  readonly certificates: readonly string[];
}): string {
  const keys = parts.certificates
    .map(
      (certificate) => `<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data>
        <ds:X509Certificate>\n${certificate.replace(/.{64}/g, "$&\n")}\n</ds:X509Certificate>
      </ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`,
    )
    .join("\n");
  const location = parts.entryPoint.replaceAll("&", "&amp;");
  return `<?xml version="1.0" encoding="UTF-8"?>
<!-- Made by a product. -->
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="${parts.id}">
  <md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    ${keys}
    <md:KeyDescriptor use="encryption"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://elsewhere.test/post"/>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${location}"/>
  </md:IDPSSODescriptor>
</md:EntityDescriptor>
`;
}
