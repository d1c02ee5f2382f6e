import { randomUUID } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { DemoSignIn } from "./sign-in.ts";

export interface DemoIssuerOptions {
  /** 0 or absent: any free one. Always on 127.0.0.1. */
  readonly port?: number;
  /** The `iss` that it claims and discovers to; absent: its own URL. */
  readonly issuer?: string;
}

/** A small OpenID Connect issuer whose tokens look as GitHub Actions' do, with a second one for people at `/people`. */
export interface DemoIssuer {
  /** Where it serves `/.well-known/openid-configuration` and `/jwks`; its `iss` unless another was asked for. */
  readonly url: string;
  readonly issuer: string;
  /** The public keys, as served now. */
  readonly jwks: { readonly keys: readonly JWK[] };
  /**
   * A signed id token (RS256) for audience `sallyport`, valid for five minutes. `claims` overrides any claim;
   * `undefined` leaves one out.
   */
  token(claims?: Readonly<Record<string, unknown>>): Promise<string>;
  /** Signs with a new key from now on; the old one is no longer served. */
  rotate(): Promise<void>;
  close(): Promise<void>;
}

interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

/** Starts the demo issuer. */
export async function startDemoIssuer(options: DemoIssuerOptions = {}): Promise<DemoIssuer> {
  let key = await newKey();
  const server = createServer((request, response) => {
    void people.serve(request, response).then(async (served) => {
      if (!served) await answer(request.url ?? "", response);
    });
  });
  const answer = async (path: string, response: ServerResponse): Promise<void> => {
    const claims = handedOut(`${url}/people`)[path];
    if (claims === undefined) return document(path, response);
    response.writeHead(200, { "content-type": "text/plain" });
    response.end(await sign(key, issuer, claims));
  };
  const document = (path: string, response: ServerResponse): void => {
    const documents: Readonly<Record<string, unknown>> = {
      "/.well-known/openid-configuration": discovery(issuer, url),
      "/people/.well-known/openid-configuration": people.discovery,
      "/jwks": { keys: [key.jwk] },
    };
    const found = documents[path];
    response.writeHead(found === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(found ?? { message: "Not Found" }));
  };
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer = options.issuer ?? url;
  const people = new DemoSignIn(`${url}/people`, (claims) => sign(key, issuer, claims));
  return {
    url,
    issuer,
    get jwks() {
      return { keys: [key.jwk] };
    },
    token: (claims) => sign(key, issuer, claims ?? {}),
    rotate: async () => {
      key = await newKey();
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Tokens for whoever asks on this machine: a job's, and Alice's of the maintainers. Nothing but the demo believes them. */
function handedOut(iss: string): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  const who = { sub: "alice", actor: "alice", actor_id: "alice", groups: ["maintainers"] };
  return {
    "/demo/job-token": {},
    "/demo/alice-token": { ...who, iss, aud: "sallyport-approvals" },
  };
}

async function newKey(): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
  const kid = randomUUID();
  return {
    kid,
    privateKey,
    jwk: { ...(await exportJWK(publicKey)), kid, alg: "RS256", use: "sig" },
  };
}

function discovery(issuer: string, url: string): object {
  return {
    issuer,
    jwks_uri: `${url}/jwks`,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
  };
}

/** The claims of a job on a pull request of `acme/app`, as GitHub Actions would write them. */
const job = {
  aud: "sallyport",
  sub: "repo:acme/app:ref:refs/heads/feature",
  repository: "acme/app",
  repository_id: "1001",
  repository_owner: "acme",
  repository_owner_id: "123456",
  repository_visibility: "private",
  run_id: "7001",
  run_number: "12",
  run_attempt: "1",
  actor: "mona",
  actor_id: "583231",
  workflow: "assistant",
  workflow_ref: "acme/app/.github/workflows/assistant.yml@refs/heads/feature",
  workflow_sha: "0123456789abcdef0123456789abcdef01234567",
  job_workflow_ref: "acme/app/.github/workflows/assistant.yml@refs/heads/feature",
  job_workflow_sha: "0123456789abcdef0123456789abcdef01234567",
  ref: "refs/heads/feature",
  ref_type: "branch",
  sha: "0123456789abcdef0123456789abcdef01234567",
  head_ref: "",
  base_ref: "",
  event_name: "workflow_dispatch",
  environment: "ci",
  runner_environment: "github-hosted",
};

function sign(
  key: SigningKey,
  issuer: string,
  claims: Readonly<Record<string, unknown>>,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const standard = { iss: issuer, iat: now, nbf: now - 5, exp: now + 300, jti: randomUUID() };
  return new SignJWT({ ...job, ...standard, ...claims })
    .setProtectedHeader({ alg: "RS256", kid: key.kid, typ: "JWT" })
    .sign(key.privateKey);
}
