import {
  createLocalJWKSet,
  decodeJwt,
  errors,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
  jwtVerify,
} from "jose";
import type { Clock } from "../base/clock.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Secret } from "../base/secret.ts";
import type { TokenVerifier } from "./authenticator.ts";
import { type Claims, principalOf, sessionOf } from "./claims.ts";
import { type AuthenticationCode, failure } from "./failure.ts";
import { defaultKeyTimes, type KeyTimes, type OidcIssuerConfig } from "./issuer.ts";
import { discoverKeys, fetchKeys, type KeySet } from "./jwks-client.ts";
import { readKeysFile } from "./jwks-file.ts";
import { KeyCache } from "./key-cache.ts";
import { type Verified, VerifiedTokens } from "./verified.ts";

export interface OidcParts {
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  readonly times?: Partial<KeyTimes>;
  /** How far clocks may differ, in milliseconds; one minute unless stated. */
  readonly leeway?: number;
  /** Told when an issuer's keys could not be had. */
  onProblem?(issuer: string, error: unknown): void;
}

interface Issuer {
  readonly config: OidcIssuerConfig;
  readonly cache: KeyCache<JWTVerifyGetKey>;
}

/** Verifies id tokens of any number of OpenID providers; their keys are fetched when they are first needed. */
export function oidcIssuers(configs: readonly OidcIssuerConfig[], parts: OidcParts): TokenVerifier {
  const times = { ...defaultKeyTimes, ...parts.times };
  const issuers = configs.map((config): Issuer => {
    const load = async () => toKeys(await loadKeys(config, parts.fetch, times.timeout));
    const onProblem = (error: unknown) => parts.onProblem?.(config.name, error);
    return { config, cache: new KeyCache(load, parts.clock, times, onProblem) };
  });
  const verified = new VerifiedTokens<JWTVerifyGetKey>();
  const { clock, leeway = 60_000 } = parts;
  return {
    verify: async (token) => {
      const known = await verified.find(token, clock.now(), leeway);
      if (known !== undefined) return ok(known);
      const iss = unverifiedIssuer(token);
      if (iss === undefined) return err(failure("malformed"));
      let last: AuthenticationCode = "unknown_issuer";
      for (const issuer of issuers.filter(({ config }) => config.issuer === iss)) {
        const found = await verifyBy(issuer, token, clock.now(), leeway);
        if (found.ok) {
          verified.keep(token, found.value);
          return ok({ ...found.value.identity, token });
        }
        last = found.error;
      }
      return err(failure(last));
    },
  };
}

async function verifyBy(
  issuer: Issuer,
  token: Secret,
  now: number,
  leeway: number,
): Promise<Result<Verified<JWTVerifyGetKey>, AuthenticationCode>> {
  let keys = await issuer.cache.get();
  if (keys === undefined) return err("keys_unavailable");
  let claims = await verifySignature(issuer.config, keys, token, now, leeway);
  if (!claims.ok && claims.error === "unknown_key") {
    const renewed = await issuer.cache.renew();
    if (renewed !== undefined && renewed !== keys) {
      claims = await verifySignature(issuer.config, renewed, token, now, leeway);
      keys = renewed;
    }
  }
  if (!claims.ok) return claims;
  const principal = principalOf(issuer.config, claims.value);
  if (!principal.ok) return principal;
  const { exp, nbf = 0, iat } = claims.value;
  const identity = {
    principal: principal.value,
    session: sessionOf(issuer.config.issuer, principal.value),
    expiresAt: Number(exp) * 1000,
  };
  const current = () => issuer.cache.get();
  return ok({ identity, keys, current, exp: Number(exp), nbf: Number(nbf), iat: Number(iat) });
}

async function verifySignature(
  config: OidcIssuerConfig,
  keys: JWTVerifyGetKey,
  token: Secret,
  now: number,
  leeway: number,
): Promise<Result<Claims, AuthenticationCode>> {
  const audiences = typeof config.audience === "string" ? [config.audience] : config.audience;
  try {
    const { payload, protectedHeader } = await jwtVerify(token.reveal(), keys, {
      algorithms: [...(config.algorithms ?? ["RS256", "ES256"])],
      issuer: config.issuer,
      audience: [...audiences],
      requiredClaims: ["exp", "iat", "sub"],
      clockTolerance: leeway / 1000,
      currentDate: new Date(now),
    });
    // A logout or security-event token of the same issuer is signed by the same keys (RFC 8725 section 3.11).
    if (protectedHeader.typ !== undefined && protectedHeader.typ.toUpperCase() !== "JWT")
      return err("malformed");
    if (Number(payload.iat) * 1000 > now + leeway) return err("not_yet_valid");
    const named = typeof payload.aud === "string" ? [payload.aud] : (payload.aud ?? []);
    return named.every((name) => audiences.includes(name)) ? ok(payload) : err("audience");
  } catch (error) {
    return err(codeOf(error));
  }
}

function codeOf(error: unknown): AuthenticationCode {
  if (error instanceof errors.JWTExpired) return "expired";
  if (error instanceof errors.JWTClaimValidationFailed) return claimCode(error);
  if (error instanceof errors.JOSEAlgNotAllowed) return "algorithm";
  if (error instanceof errors.JWKSNoMatchingKey) return "unknown_key";
  if (error instanceof errors.JWKSMultipleMatchingKeys) return "unknown_key";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "signature";
  if (error instanceof errors.JOSEError) return "malformed";
  // jose and WebCrypto throw these for keys that do not fit the algorithm or are too weak.
  if (error instanceof TypeError || error instanceof DOMException) return "signature";
  throw error;
}

function claimCode(error: errors.JWTClaimValidationFailed): AuthenticationCode {
  if (error.reason === "missing") return "claim_missing";
  if (error.claim === "aud") return "audience";
  if (error.claim === "nbf" && error.reason === "check_failed") return "not_yet_valid";
  return "malformed";
}

function unverifiedIssuer(token: Secret): string | undefined {
  try {
    return decodeJwt(token.reveal()).iss;
  } catch {
    return undefined;
  }
}

function loadKeys(
  config: OidcIssuerConfig,
  fetching: typeof fetch,
  timeout: number,
): Promise<KeySet> {
  if (config.jwks === undefined) return discoverKeys(config.issuer, fetching, timeout);
  if (config.jwks instanceof URL) return fetchKeys(config.jwks, fetching, timeout);
  return readKeysFile(config.jwks);
}

function toKeys(keySet: KeySet): JWTVerifyGetKey {
  return createLocalJWKSet(structuredClone(keySet) as unknown as JSONWebKeySet);
}
