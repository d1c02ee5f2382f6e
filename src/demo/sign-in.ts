import { createHash, randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

interface Code {
  readonly client: string;
  readonly redirect: string;
  readonly challenge: string;
  readonly nonce: string;
  readonly login: string;
  readonly groups: readonly string[];
}

/** What an id token of somebody who signed in says. */
export type Sign = (claims: Readonly<Record<string, unknown>>) => Promise<string>;

/**
 * The demo issuer's pages for people (`/people/authorize`, `/people/token`): an authorization code flow with PKCE, in
 * which whoever comes says who they are and is believed. It serves loopback alone.
 */
export class DemoSignIn {
  readonly #issuer: string;
  readonly #sign: Sign;
  readonly #codes = new Map<string, Code>();

  constructor(issuer: string, sign: Sign) {
    this.#issuer = issuer;
    this.#sign = sign;
  }

  /** What the issuer says of itself. */
  get discovery(): Readonly<Record<string, unknown>> {
    return {
      issuer: this.#issuer,
      authorization_endpoint: `${this.#issuer}/authorize`,
      token_endpoint: `${this.#issuer}/token`,
      jwks_uri: `${new URL(this.#issuer).origin}/jwks`,
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256"],
      code_challenge_methods_supported: ["S256"],
    };
  }

  /** Answers a visit to one of its pages; false where there is none. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const url = new URL(request.url ?? "/", this.#issuer);
    if (url.pathname === "/people/authorize") {
      this.#authorize(url, response);
      return true;
    }
    if (url.pathname === "/people/token" && request.method === "POST") {
      await this.#token(request, response);
      return true;
    }
    return false;
  }

  #authorize({ searchParams: asked }: URL, response: ServerResponse): void {
    const login = asked.get("login");
    if (login === null) {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(form(asked));
      return;
    }
    const code = randomBytes(16).toString("base64url");
    const redirect = asked.get("redirect_uri") ?? "";
    this.#codes.set(code, {
      client: asked.get("client_id") ?? "",
      redirect,
      challenge: asked.get("code_challenge") ?? "",
      nonce: asked.get("nonce") ?? "",
      login,
      groups: (asked.get("groups") ?? "").split(/[\s,]+/).filter(Boolean),
    });
    const back = new URL(redirect);
    for (const [name, value] of [
      ["code", code],
      ["state", asked.get("state") ?? ""],
      ["iss", this.#issuer],
    ] as const)
      back.searchParams.set(name, value);
    response.writeHead(303, { location: back.href }).end();
  }

  async #token(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const form = new URLSearchParams(body);
    const name = form.get("code") ?? "";
    const code = this.#codes.get(name);
    this.#codes.delete(name);
    const verifier = form.get("code_verifier") ?? "";
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    const right =
      code !== undefined &&
      code.challenge === challenge &&
      code.redirect === form.get("redirect_uri") &&
      code.client === form.get("client_id");
    response.writeHead(right ? 200 : 400, { "content-type": "application/json" });
    if (!right) {
      response.end(JSON.stringify({ error: "invalid_grant" }));
      return;
    }
    const { client: aud, nonce, login, groups } = code;
    const claims = { iss: this.#issuer, aud, nonce, sub: login, actor: login, actor_id: login };
    const id_token = await this.#sign({ ...claims, groups });
    const access_token = randomBytes(16).toString("base64url");
    response.end(JSON.stringify({ access_token, token_type: "Bearer", id_token }));
  }
}

function form(asked: URLSearchParams): string {
  const attribute = (text: string) =>
    text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  const hidden = [...asked].map(
    ([name, value]) =>
      `<input type="hidden" name="${attribute(name)}" value="${attribute(value)}">`,
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Demo identity provider</title>
<h1>Demo identity provider</h1><p>For demonstrations: it believes whatever you say.</p>
<form>${hidden.join("")}
<p><label>Login <input name="login" value="alice" required></label></p>
<p><label>Groups <input name="groups" value="maintainers"></label></p>
<button>Continue</button></form></html>`;
}
