import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type CryptoKey,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from "jose";
import type { Clock } from "../../../src/base/clock.ts";
import { listenLocally } from "../../support/ports.ts";

export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicPem: string;
  readonly jwk: JWK;
}

export async function signingKey(kid: string, alg = "RS256"): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: "sig" };
  return { kid, alg, privateKey, publicPem: await exportSPKI(publicKey), jwk };
}

/** An OpenID provider on loopback, which counts what it is asked. */
export class Provider {
  readonly #server: Server;
  keys: JWK[] = [];
  /** Answers 503 while true. */
  down = false;
  /** What the discovery document calls the issuer, where that is a lie. */
  claimedIssuer: string | undefined;
  keyFetches = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(keys: JWK[]): Promise<Provider> {
    const server = createServer((request, response) => {
      const json = (document: unknown) => {
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify(document));
      };
      if (provider.down) return void response.writeHead(503).end();
      if (request.url === "/.well-known/openid-configuration")
        return json({
          issuer: provider.claimedIssuer ?? provider.issuer,
          jwks_uri: `${provider.issuer}/jwks`,
        });
      if (request.url !== "/jwks") return void response.writeHead(404).end();
      provider.keyFetches += 1;
      return json({ keys: provider.keys });
    });
    const provider = new Provider(server);
    provider.keys = keys;
    await listenLocally(server);
    return provider;
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

/** A clock that stands still until it is moved. */
export class ManualClock implements Clock {
  #now: number;
  #timers: { at: number; callback: () => void }[] = [];

  constructor(now = Date.UTC(2026, 10, 22)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  advance(ms: number): void {
    this.#now += ms;
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter(({ at }) => at > this.#now);
    for (const { callback } of due) callback();
  }
}

/** The claims of a GitHub Actions id token. */
export function actionsClaims(issuer: string, now: number): JWTPayload {
  const at = Math.floor(now / 1000);
  return {
    iss: issuer,
    aud: "sallyport",
    sub: "repo:acme/app:ref:refs/heads/main",
    jti: "8a2d4a1e",
    iat: at,
    nbf: at - 5,
    exp: at + 300,
    repository: "acme/app",
    repository_id: "74",
    repository_owner: "acme",
    repository_owner_id: "65",
    run_id: "1001",
    run_attempt: "1",
    actor: "octocat",
    actor_id: "12",
    workflow_ref: "acme/app/.github/workflows/ci.yml@refs/heads/main",
    job_workflow_ref: "acme/app/.github/workflows/ci.yml@refs/heads/main",
    environment: "production",
    ref: "refs/heads/main",
  };
}

export function sign(
  claims: JWTPayload,
  key: SigningKey,
  header: Partial<JWTHeaderParameters> = {},
): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: "JWT", ...header })
    .sign(key.privateKey);
}

/** Joins a header, claims and a signature as they are, valid or not. */
export function forge(header: unknown, claims: unknown, signature = ""): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part(header)}.${part(claims)}.${signature}`;
}
