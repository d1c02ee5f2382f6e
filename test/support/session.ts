import { type Answer, ask } from "../../src/demo/ask.ts";
import type { DemoIssuer } from "../../src/demo/issuer.ts";

const oauth = "urn:ietf:params:oauth";

/** Where a session is asked for, and who vouches for the job: a `Stack` is both. */
export interface Gateway {
  /** `https://127.0.0.1:PORT` of the API or of the proxy, without a slash at the end. */
  readonly api: string;
  readonly issuer: Pick<DemoIssuer, "token">;
}

/** How an exchange may differ from a job's with its id token at the API. */
export interface ExchangeOptions {
  readonly type?: "id_token" | "saml2";
  /** PEM of the authority to trust, where the exchange goes through the proxy. */
  readonly ca?: string;
}

/** What the gateway answers to a token exchange (RFC 8693), yes or no. */
export function exchange(
  api: string,
  subject: string,
  { type = "id_token", ca }: ExchangeOptions = {},
): Promise<Answer> {
  const fields = {
    grant_type: `${oauth}:grant-type:token-exchange`,
    subject_token: subject,
    subject_token_type: `${oauth}:token-type:${type}`,
  };
  return postForm(`${api}/oauth2/token`, fields, ca);
}

/** The session token that is given for that id token; throws where none is. */
export async function sessionFor(api: string, idToken: string): Promise<string> {
  const { status, text } = await exchange(api, idToken);
  if (status !== 200) throw new Error(`no session: ${status} ${text}`);
  return (JSON.parse(text) as { access_token: string }).access_token;
}

/** The token of a new session of the demo CI job (claims as in `DemoIssuer.token`). */
export async function newSession(
  { api, issuer }: Gateway,
  claims?: Readonly<Record<string, unknown>>,
): Promise<string> {
  return sessionFor(api, await issuer.token(claims));
}

/** What the gateway answers to a revocation (RFC 7009) of that session token. */
export function revoke(api: string, token: string): Promise<Answer> {
  return postForm(`${api}/oauth2/revoke`, { token });
}

/** A form, as a browser and OAuth 2.0 post it. */
export function postForm(
  url: string,
  fields: Readonly<Record<string, string>>,
  ca?: string,
): Promise<Answer> {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const body = new URLSearchParams(fields).toString();
  return ask(url, { method: "POST", headers, body, ...(ca === undefined ? {} : { ca }) });
}
