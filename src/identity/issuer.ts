/** Signature algorithms that can be pinned (RFC 7518, RFC 8037): none of them uses a shared key. */
export const signatureAlgorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
] as const;

export type SignatureAlgorithm = (typeof signatureAlgorithms)[number];

/** An OpenID provider whose id tokens are accepted. */
export interface OidcIssuerConfig {
  /** What policy calls it; unique. */
  readonly name: string;
  /** The exact `iss` of its tokens. */
  readonly issuer: string;
  /** The values that `aud` may hold; a token that also names another audience is refused. */
  readonly audience: string | readonly string[];
  /** Where its keys are, if discovery is not to be used: a URL, or the path of a file. */
  readonly jwks?: URL | string | undefined;
  /**
   * What its tokens must claim: the claim's name (or a JSON Pointer, RFC 6901, when it starts with a slash) and the
   * value, or the values, one of which it must have.
   */
  readonly require?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** The claim (or JSON Pointer) that holds the principal's groups, as one string or a list. */
  readonly groups?: string | undefined;
  /** Pinned algorithms; `RS256` and `ES256` unless stated. */
  readonly algorithms?: readonly SignatureAlgorithm[];
}

/** How issuers' keys are kept; all in milliseconds. */
export interface KeyTimes {
  /** How long keys are used before they are fetched again. */
  readonly maxAge: number;
  /** How long the last keys are used while the issuer cannot be reached. */
  readonly keepFor: number;
  /** An unknown key is looked for, and a failed fetch tried again, at most once in this time. */
  readonly interval: number;
  /** How long one fetch may take. */
  readonly timeout: number;
}

export const defaultKeyTimes: KeyTimes = {
  maxAge: 10 * 60_000,
  keepFor: 60 * 60_000,
  interval: 10_000,
  timeout: 5_000,
};
