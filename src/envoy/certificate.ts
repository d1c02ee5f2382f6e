import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from "node:crypto";
import { isIP } from "node:net";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_clientAuth,
  id_kp_serverAuth,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from "@peculiar/asn1-x509";

/** A certificate and its private key (ECDSA P-256, PKCS #8), both as PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateAuthority extends KeyPair {
  /** Issues a certificate for exactly these DNS names and IP addresses (RFC 5280), a server's unless a client's is asked for. */
  issue(hosts: readonly string[], days?: number, purpose?: "server" | "client"): KeyPair;
}

const commonName = "2.5.4.3";
const ecdsaWithSha256 = "1.2.840.10045.4.3.2";
const day = 24 * 60 * 60 * 1000;

/** Makes a certificate authority that may sign server certificates and no further authorities. */
export function newAuthority(name: string, days = 3650): CertificateAuthority {
  const { privateKey, publicKey } = newKeys();
  const extensions = [
    extension(
      id_ce_basicConstraints,
      new BasicConstraints({ cA: true, pathLenConstraint: 0 }),
      true,
    ),
    extension(
      id_ce_keyUsage,
      new KeyUsage(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign),
      true,
    ),
  ];
  const subject = nameOf(name);
  const issuer = { subject, publicKey, privateKey };
  return authority(build({ subject, publicKey, extensions, days, issuer }), privateKey);
}

/** Takes up an authority that was made earlier; throws when the PEM texts are no certificate, no key, or no pair. */
export function openAuthority(pair: KeyPair): CertificateAuthority {
  const certificate = new X509Certificate(pair.certificate);
  const privateKey = createPrivateKey(pair.key);
  if (!certificate.ca) throw new TypeError("the certificate is not a certificate authority's");
  if (!certificate.checkPrivateKey(privateKey))
    throw new TypeError("the key does not belong to the certificate");
  return authority(certificate.raw, privateKey);
}

function authority(der: Buffer, privateKey: KeyObject): CertificateAuthority {
  const certificate = new X509Certificate(der);
  const { subject } = AsnConvert.parse(der, Certificate).tbsCertificate;
  return {
    certificate: pem(der),
    key: pkcs8(privateKey),
    issue: (hosts, days = 397, purpose = "server") => {
      const keys = newKeys();
      const extensions = [
        extension(id_ce_basicConstraints, new BasicConstraints({ cA: false }), true),
        extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.digitalSignature), true),
        extension(
          id_ce_extKeyUsage,
          new ExtendedKeyUsage([purpose === "server" ? id_kp_serverAuth : id_kp_clientAuth]),
        ),
        extension(id_ce_subjectAltName, new SubjectAlternativeName(hosts.map(altName))),
      ];
      const issuer = { subject, publicKey: certificate.publicKey, privateKey };
      // The CN is limited to 64 characters; clients read the alternative names alone.
      const leaf = nameOf((hosts[0] ?? "sallyport").slice(0, 64));
      const built = build({ subject: leaf, publicKey: keys.publicKey, extensions, days, issuer });
      return { certificate: pem(built), key: pkcs8(keys.privateKey) };
    },
  };
}

interface Plan {
  readonly subject: Name;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Extension[];
  readonly days: number;
  readonly issuer: {
    readonly subject: Name;
    readonly publicKey: KeyObject;
    readonly privateKey: KeyObject;
  };
}

function build(plan: Plan): Buffer {
  const now = Date.now();
  const serialNumber = randomBytes(16);
  // A serial number is a positive integer of at most 20 octets (RFC 5280 section 4.1.2.2).
  serialNumber[0] = ((serialNumber[0] ?? 0) & 0x7f) | 0x40;
  const signatureAlgorithm = new AlgorithmIdentifier({ algorithm: ecdsaWithSha256 });
  const issuerKeyId = new AuthorityKeyIdentifier({
    keyIdentifier: new KeyIdentifier(keyId(plan.issuer.publicKey)),
  });
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: new Uint8Array(serialNumber).buffer,
    signature: signatureAlgorithm,
    issuer: plan.issuer.subject,
    // An hour of tolerance for clients whose clock is behind.
    validity: new Validity({
      notBefore: new Date(now - day / 24),
      notAfter: new Date(now + plan.days * day),
    }),
    subject: plan.subject,
    subjectPublicKeyInfo: AsnConvert.parse(spki(plan.publicKey), SubjectPublicKeyInfo),
    extensions: new Extensions([
      ...plan.extensions,
      extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(keyId(plan.publicKey))),
      extension(id_ce_authorityKeyIdentifier, issuerKeyId),
    ]),
  });
  const signed = Buffer.from(AsnConvert.serialize(tbsCertificate));
  const signatureValue = new Uint8Array(sign("sha256", signed, plan.issuer.privateKey)).buffer;
  const certificate = new Certificate({ tbsCertificate, signatureAlgorithm, signatureValue });
  return Buffer.from(AsnConvert.serialize(certificate));
}

function newKeys(): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

function extension(extnID: string, value: object, critical = false): Extension {
  return new Extension({
    extnID,
    critical,
    extnValue: new OctetString(AsnConvert.serialize(value)),
  });
}

function nameOf(text: string): Name {
  const value = new AttributeValue({ utf8String: text });
  return new Name([
    new RelativeDistinguishedName([new AttributeTypeAndValue({ type: commonName, value })]),
  ]);
}

function altName(host: string): GeneralName {
  return new GeneralName(isIP(host) === 0 ? { dNSName: host } : { iPAddress: host });
}

function spki(key: KeyObject): Buffer {
  return key.export({ type: "spki", format: "der" });
}

function pkcs8(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

/** SHA-1 of the public key's bits, as RFC 5280 section 4.2.1.2 (1) names a key; no security hangs on it. */
function keyId(key: KeyObject): ArrayBuffer {
  const { subjectPublicKey } = AsnConvert.parse(spki(key), SubjectPublicKeyInfo);
  return new Uint8Array(createHash("sha1").update(Buffer.from(subjectPublicKey)).digest()).buffer;
}

function pem(der: Buffer): string {
  return new X509Certificate(der).toString();
}
