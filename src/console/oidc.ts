import { createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import { err, ok, type Result } from "../base/result.ts";
import type { Secret } from "../base/secret.ts";
import type { Remembered, SignInWay } from "./sign-in-way.ts";

export interface OidcSignInOptions {
  /** The issuer's name in the config. */
  readonly provider: string;
  /** The `iss`, from which the rest is discovered. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: Secret;
  /** `openid` and what else is to be in the id token. */
  readonly scope: string;
  readonly fetch: typeof fetch;
}

const discovered = z.object({
  issuer: z.string(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
});
const answered = z.object({ id_token: z.string().min(1).max(16_384) });
const patience = 10_000;

/** OpenID Connect's authorization code flow with PKCE (RFC 7636, S256), state and nonce; RFC 9207's `iss` where it comes. */
export function oidcSignIn(options: OidcSignInOptions): SignInWay {
  const { provider, issuer, clientId, scope } = options;
  return {
    provider,
    async start(redirectUri) {
      const { authorization_endpoint } = await discover(options);
      const remember = { state: random(), nonce: random(), verifier: random() };
      const url = new URL(authorization_endpoint);
      const asked = {
        response_type: "code",
        client_id: clientId,
        redirect_uri: redirectUri,
        scope,
        state: remember.state,
        nonce: remember.nonce,
        code_challenge: createHash("sha256").update(remember.verifier).digest("base64url"),
        code_challenge_method: "S256",
      };
      for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
      return { location: url.href, remember };
    },
    async finish(query, remembered, redirectUri) {
      const [code, iss] = [query.get("code"), query.get("iss")];
      if (query.get("state") !== remembered.state || (iss !== null && iss !== issuer))
        return err("This sign-in was not begun here. Begin again.");
      if (code === null) return err(`${provider} did not sign you in.`);
      const { token_endpoint } = await discover(options);
      return redeem(options, token_endpoint, code, remembered, redirectUri);
    },
  };
}

async function redeem(
  { provider, clientId, clientSecret, fetch }: OidcSignInOptions,
  endpoint: string,
  code: string,
  { verifier }: Remembered,
  redirectUri: string,
): Promise<Result<string>> {
  const form = new URLSearchParams({
    grant_type: "authorization_code",
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
    client_id: clientId,
  });
  const basic = [clientId, clientSecret?.reveal() ?? ""].map(encodeURIComponent).join(":");
  const answer = await fetch(endpoint, {
    method: "POST",
    headers: {
      accept: "application/json",
      ...(clientSecret === undefined
        ? {}
        : { authorization: `Basic ${Buffer.from(basic).toString("base64")}` }),
    },
    body: form,
    redirect: "error",
    signal: AbortSignal.timeout(patience),
  });
  const read = answered.safeParse(await answer.json().catch(() => undefined));
  return answer.ok && read.success
    ? ok(read.data.id_token)
    : err(`${provider} did not sign you in.`);
}

async function discover({ issuer, fetch }: OidcSignInOptions) {
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const answer = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(patience) });
  const found = discovered.parse(await answer.json());
  // OpenID Connect Discovery section 4.3: or another issuer could answer in its place.
  if (found.issuer !== issuer) throw new Error("the issuer's discovery document is another's");
  return found;
}

function random(): string {
  return randomBytes(32).toString("base64url");
}
