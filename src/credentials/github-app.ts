import { createPrivateKey } from "node:crypto";
import { SignJWT } from "jose";
import type { Clock } from "../base/clock.ts";
import { err, ok, type Result } from "../base/result.ts";
import { Secret } from "../base/secret.ts";
import { type AppScope, scopeFor } from "./app-scope.ts";
import type { GithubAppConfig } from "./config.ts";
import { type AskJson, jsonClient } from "./json-client.ts";
import { type Fetched, type NotFetched, RenewedValue } from "./renewed.ts";
import { type CredentialSource, parseStoredValue } from "./source.ts";

/** What GitHub answers to a key that it does not know, or not any more. */
const unauthorized = 401;
/** A token is renewed so long before it ends (GitHub gives it an hour), in milliseconds. */
export const renewBefore = 10 * 60_000;
/** A token is not used when it ends sooner than this: a request may take its time. */
const leastLeft = 60_000;
const mostScopes = 256;

/**
 * Installation tokens of a GitHub App, each minted for the permissions and repositories that are needed, shared by
 * all who need the same, and renewed before it ends. The key is read again for each one, so that it may be replaced.
 */
export function githubAppSource(
  config: GithubAppConfig,
  key: () => Promise<Result<Secret>>,
  clock: Clock,
  ask: AskJson = jsonClient(10_000, config.apiCa),
): CredentialSource {
  const tokens = new Map<string, RenewedValue>();
  const tokenFor = (scope: AppScope): RenewedValue => {
    const name = JSON.stringify(scope);
    const token =
      tokens.get(name) ?? new RenewedValue(() => mint(config, key, scope, clock, ask), clock);
    tokens.delete(name);
    tokens.set(name, token);
    const [oldest] = tokens.keys();
    if (tokens.size > mostScopes && oldest !== undefined) tokens.delete(oldest);
    return token;
  };
  return {
    secret: async (need) => {
      const scope = scopeFor(config, need);
      return scope.ok ? tokenFor(scope.value).get() : scope;
    },
    narrows: true,
    close: () => {},
  };
}

/** Reads a PEM key of either form that GitHub and OpenSSL write (PKCS#1, PKCS#8). */
export function parsePrivateKey(text: string): Result<string> {
  try {
    return createPrivateKey(text).asymmetricKeyType === "rsa"
      ? ok(text)
      : err("it is not an RSA key");
  } catch {
    return err("it is not a private key in PEM form");
  }
}

async function mint(
  config: GithubAppConfig,
  key: () => Promise<Result<Secret>>,
  scope: AppScope,
  clock: Clock,
  ask: AskJson,
): Promise<Fetched | NotFetched> {
  const pem = await key();
  if (!pem.ok) return failed(`the App's key: ${pem.error}`);
  const first = await request(config, pem.value, scope, clock, ask);
  if (first.status !== unauthorized) return read(first);
  // The key may have been replaced, and the old one withdrawn, while this was on its way.
  const now = await key();
  const isNew = now.ok && now.value.reveal() !== pem.value.reveal();
  return read(isNew ? await request(config, now.value, scope, clock, ask) : first);
}

async function request(
  config: GithubAppConfig,
  pem: Secret,
  scope: AppScope,
  clock: Clock,
  ask: AskJson,
): ReturnType<AskJson> {
  const base = config.api.href.replace(/\/$/, "");
  return ask({
    method: "POST",
    url: new URL(`${base}/app/installations/${config.installation}/access_tokens`),
    headers: {
      authorization: `Bearer ${await signAppToken(config.appId, pem, clock.now())}`,
      accept: "application/vnd.github+json",
      "x-github-api-version": "2022-11-28",
      "content-type": "application/json",
    },
    body: scope,
  });
}

/** The App's own token (RS256, GitHub's ten minutes at most); a minute early, for clocks that differ. */
function signAppToken(appId: string, pem: Secret, now: number): Promise<string> {
  const seconds = Math.floor(now / 1000);
  return new SignJWT({ iss: appId, iat: seconds - 60, exp: seconds + 540 })
    .setProtectedHeader({ alg: "RS256", typ: "JWT" })
    .sign(createPrivateKey(pem.reveal()));
}

function read({ status, body }: Awaited<ReturnType<AskJson>>): Fetched | NotFetched {
  if (status !== 201) return failed(`GitHub answered ${status} to the App`);
  const reply = typeof body === "object" && body !== null ? body : {};
  const token = "token" in reply ? reply.token : undefined;
  const ends = "expires_at" in reply ? Date.parse(String(reply.expires_at)) : Number.NaN;
  if (typeof token !== "string" || Number.isNaN(ends)) return failed("GitHub answered no token");
  const parsed = parseStoredValue(token);
  if (!parsed.ok) return failed("GitHub answered no token");
  return {
    kind: "fetched",
    secret: new Secret(parsed.value),
    freshUntil: ends - renewBefore,
    goodUntil: ends - leastLeft,
  };
}

/** Never final: a token that was minted stays good until it ends, whatever becomes of the key. */
function failed(why: string): NotFetched {
  return { kind: "failed", why, final: false };
}
