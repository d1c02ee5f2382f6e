import { createHmac, createSign, KeyObject, randomBytes } from "node:crypto";
import type { AuthenticationCode } from "../../../src/identity/failure.ts";
import { carriers } from "./bad-carriers.ts";
import { actionsClaims, forge, type SigningKey, sign } from "./provider.ts";

/** A request that must not be known: its identity headers, and why. */
export interface BadIdentity {
  readonly name: string;
  readonly headers: readonly (readonly [string, string])[];
  /** The path, where it is part of the attack. */
  readonly path?: string;
  readonly code: AuthenticationCode;
}

export interface BadIdentityParts {
  /** The trusted issuer, and the key that it publishes (RS256). */
  readonly issuer: string;
  readonly key: SigningKey;
  /** A key of the same kind that nobody publishes. */
  readonly stranger: SigningKey;
  /** A published key for ES256, and one for an algorithm that is not accepted (PS256). */
  readonly elliptic: SigningKey;
  readonly unaccepted: SigningKey;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** Session tokens: a good one, and some that have ended. */
  readonly session: string;
  readonly expiredSession: string;
  readonly revokedSession: string;
  /** The run of that id has been revoked. */
  readonly revokedRun: string;
}

/** Every way of not being known that we could think of. The issuer requires `repository_owner_id` 65. */
export async function badIdentities(parts: BadIdentityParts): Promise<readonly BadIdentity[]> {
  const { issuer, key, now, session } = parts;
  const claims = actionsClaims(issuer, now);
  const seconds = Math.floor(now / 1000);
  const good = await sign(claims, key);
  const bad = async (name: string, code: AuthenticationCode, token: string | Promise<string>) => {
    const value = await token;
    return { name, code, headers: [["authorization", `Bearer ${value}`]] } as const;
  };
  const claim = (name: string, code: AuthenticationCode, over: object) =>
    bad(name, code, sign({ ...claims, ...over }, key));
  return [
    ...carriers(good, session),
    ...(await Promise.all([
      claim("another issuer", "unknown_issuer", { iss: "https://evil.test" }),
      claim("an issuer with a slash too many", "unknown_issuer", { iss: `${issuer}/` }),
      claim("an issuer in capitals", "unknown_issuer", { iss: issuer.toUpperCase() }),
      claim("no issuer", "malformed", { iss: undefined }),
      claim("an issuer that is a list", "unknown_issuer", { iss: [issuer] }),
      claim("another audience", "audience", { aud: "https://github.com/acme" }),
      claim("an audience of another case", "audience", { aud: "Sallyport" }),
      claim("an audience beside ours", "audience", { aud: ["sallyport", "evil"] }),
      claim("an empty list of audiences", "audience", { aud: [] }),
      claim("no audience", "claim_missing", { aud: undefined }),
      claim("an expiry in the past", "expired", { exp: seconds - 600 }),
      claim("an expiry of zero", "expired", { exp: 0 }),
      claim("no expiry", "claim_missing", { exp: undefined }),
      claim("an expiry in words", "malformed", { exp: "tomorrow" }),
      claim("a start in the future", "not_yet_valid", { nbf: seconds + 600 }),
      claim("a start in words", "malformed", { nbf: "now" }),
      claim("issued in the future", "not_yet_valid", { iat: seconds + 600 }),
      claim("no time of issue", "claim_missing", { iat: undefined }),
      claim("no subject", "claim_missing", { sub: undefined }),
      claim("an empty subject", "claim_missing", { sub: "" }),
      claim("a subject that is a list", "claim_missing", { sub: ["a"] }),
      claim("a subject with a line break", "malformed", { sub: "a\nb" }),
      claim("a subject of 2,000 characters", "malformed", { sub: "a".repeat(2000) }),
      claim("another owner", "claim_mismatch", { repository_owner_id: "66" }),
      claim("an owner that only begins alike", "claim_mismatch", { repository_owner_id: "650" }),
      claim("no owner", "claim_missing", { repository_owner_id: undefined }),
      claim("an owner hidden in an object", "claim_missing", { repository_owner_id: { id: "65" } }),
      claim("the owner's name in place of the id", "claim_mismatch", {
        repository_owner_id: "acme",
      }),
      claim("a run that was revoked", "revoked", { run_id: parts.revokedRun }),
      ...signatures(parts, good, bad),
    ])),
    ...sessions(parts),
  ];
}

function signatures(
  parts: BadIdentityParts,
  good: string,
  bad: (
    name: string,
    code: AuthenticationCode,
    token: string | Promise<string>,
  ) => Promise<BadIdentity>,
): readonly Promise<BadIdentity>[] {
  const { issuer, key, stranger, elliptic, unaccepted, now } = parts;
  const claims = actionsClaims(issuer, now);
  const [head = "", body = "", signature = ""] = good.split(".");
  const hmac = (header: object, secret: string) => {
    const unsigned = forge(header, claims).slice(0, -1);
    return `${unsigned}.${createHmac("sha256", secret).update(unsigned).digest("base64url")}`;
  };
  const payload = (over: object) =>
    Buffer.from(JSON.stringify({ ...claims, ...over })).toString("base64url");
  return [
    bad("alg none", "algorithm", forge({ alg: "none" }, claims)),
    bad("alg None", "algorithm", forge({ alg: "None", kid: key.kid }, claims)),
    bad("alg none with the old signature", "algorithm", forge({ alg: "none" }, claims, signature)),
    bad("no alg", "malformed", forge({ kid: key.kid }, claims, signature)),
    bad(
      "HS256 with the public key",
      "algorithm",
      hmac({ alg: "HS256", kid: key.kid }, key.publicPem),
    ),
    bad("HS256 with an empty key", "algorithm", hmac({ alg: "HS256" }, "")),
    bad(
      "a published key for an algorithm that is not accepted",
      "algorithm",
      sign(claims, unaccepted),
    ),
    bad("RS256 said of an elliptic key", "unknown_key", sign(claims, key, { kid: elliptic.kid })),
    bad("an unknown key", "unknown_key", sign(claims, stranger)),
    bad(
      "a stranger's signature under a known key's name",
      "signature",
      sign(claims, stranger, { kid: key.kid }),
    ),
    bad(
      "a key that it brings itself",
      "unknown_key",
      sign(claims, stranger, { jwk: stranger.jwk as never }),
    ),
    bad(
      "a key set that it points to",
      "unknown_key",
      sign(claims, stranger, { jku: "https://evil.test/jwks" }),
    ),
    bad(
      "a certificate that it brings itself",
      "unknown_key",
      sign(claims, stranger, { x5c: ["MIIB"] }),
    ),
    bad(
      "a key id that is a path",
      "unknown_key",
      sign(claims, stranger, { kid: "../../dev/null" }),
    ),
    bad(
      "a critical extension that nobody knows",
      "malformed",
      forgeSigned({ alg: "RS256", kid: key.kid, crit: ["x"], x: 1 }, claims, key),
    ),
    bad(
      "an unencoded payload (RFC 7797)",
      "malformed",
      forgeSigned({ alg: "RS256", kid: key.kid, b64: false, crit: ["b64"] }, claims, key),
    ),
    bad("a logout token", "malformed", sign(claims, key, { typ: "logout+jwt" })),
    bad("an access token", "malformed", sign(claims, key, { typ: "at+jwt" })),
    bad(
      "another payload under the signature",
      "signature",
      `${head}.${payload({ run_id: "9" })}.${signature}`,
    ),
    bad(
      "another header under the signature",
      "signature",
      `${Buffer.from(JSON.stringify({ alg: "RS256", kid: key.kid })).toString("base64url")}.${body}.${signature}`,
    ),
    bad("one bit of the signature changed", "signature", `${head}.${body}.${flip(signature)}`),
    bad("half of the signature", "signature", `${head}.${body}.${signature.slice(0, 100)}`),
    bad("no signature", "signature", `${head}.${body}.`),
    bad(
      "a payload that is no JSON",
      "malformed",
      `${head}.${Buffer.from("hello").toString("base64url")}.${signature}`,
    ),
    bad(
      "a payload that is a list",
      "malformed",
      `${head}.${Buffer.from("[]").toString("base64url")}.${signature}`,
    ),
    bad("a header that is no JSON", "malformed", `eyJ.${body}.${signature}`),
    bad("four parts", "malformed", `${good}.x`),
    bad("encrypted (JWE)", "malformed", "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..a.b.c"),
    bad("behind another prefix", "malformed", `gho_${good}`),
    bad("behind the prefix twice", "malformed", `ghs_ghs_${good}`),
  ];
}

function sessions(parts: BadIdentityParts): readonly BadIdentity[] {
  const token = (name: string, code: AuthenticationCode, value: string): BadIdentity => ({
    name,
    code,
    headers: [["authorization", `Bearer ${value}`]],
  });
  const { session } = parts;
  return [
    token(
      "a session token that nobody issued",
      "unknown_token",
      `ghs_${randomBytes(22).toString("hex").slice(0, 43)}`,
    ),
    token("a session token that has expired", "unknown_token", parts.expiredSession),
    token("a session token that was revoked", "unknown_token", parts.revokedSession),
    token(
      "a session token with one letter changed",
      "unknown_token",
      session.slice(0, -1) + (session.endsWith("a") ? "b" : "a"),
    ),
    token("a session token in capitals", "malformed", session.toUpperCase()),
    token("a session token cut short", "malformed", session.slice(0, 30)),
    token("a session token with more behind it", "unknown_token", `${session}a`),
    token("a session token with a dot", "malformed", `${session}.`),
    token("a handle with no token in it", "malformed", "tid=;exp=1"),
    token("a handle with a stranger's token", "malformed", "tid=abc;exp=1;sku=x:signature"),
    token(
      "a handle with a token that has ended",
      "unknown_token",
      `tid=${parts.expiredSession};exp=9999999999`,
    ),
  ];
}

/** Signs a header that the library would refuse to sign. */
function forgeSigned(header: object, claims: object, key: SigningKey): string {
  const unsigned = forge(header, claims).slice(0, -1);
  const signer = createSign("RSA-SHA256").update(unsigned);
  return `${unsigned}.${signer.sign(KeyObject.from(key.privateKey), "base64url")}`;
}

function flip(signature: string): string {
  const bytes = Buffer.from(signature, "base64url");
  bytes[7] = (bytes[7] ?? 0) ^ 1;
  return bytes.toString("base64url");
}
