import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hono } from "hono";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { oauth2 } from "../../../src/api/oauth2.ts";
import { tokenSessions } from "../../../src/api/oauth2-sessions.ts";
import { type Authenticator, createAuthenticator } from "../../../src/identity/authenticator.ts";
import { byHeader } from "../../../src/identity/by-header.ts";
import { tokenExchange } from "../../../src/identity/exchange.ts";
import { oidcIssuers } from "../../../src/identity/oidc.ts";
import { fileSessions } from "../../../src/identity/sessions/file.ts";
import type { SessionStore } from "../../../src/identity/sessions/store.ts";
import { bearer } from "../identity/heads.ts";
import { KeptAudit } from "../identity/kept-audit.ts";
import {
  actionsClaims,
  ManualClock,
  Provider,
  type SigningKey,
  sign,
  signingKey,
} from "../identity/provider.ts";

const grantType = "urn:ietf:params:oauth:grant-type:token-exchange";
const idToken = "urn:ietf:params:oauth:token-type:id_token";

let key: SigningKey;
let provider: Provider;
let clock: ManualClock;
let audit: KeptAudit;
let sessions: SessionStore;
let authenticator: Authenticator;
let app: Hono;
let dir: string;

beforeAll(async () => {
  key = await signingKey("k1");
  provider = await Provider.start([key.jwk]);
});
afterAll(() => provider.stop());
beforeEach(async () => {
  clock = new ManualClock();
  audit = new KeptAudit();
  dir = await mkdtemp(join(tmpdir(), "oauth2-"));
  sessions = await fileSessions(dir, clock);
  const issuers = oidcIssuers(
    [
      {
        name: "actions",
        issuer: provider.issuer,
        audience: "sallyport",
        require: { repository_owner_id: "65" },
        groups: "repository",
      },
    ],
    { clock, fetch },
  );
  authenticator = createAuthenticator({ issuers, sessions });
  const exchange = tokenExchange({ clock, sessions, audit, issuers, lifetime: 6 * 3600_000 });
  app = new Hono();
  app.route("/", oauth2({ clock, exchange }));
  const administrators = ["group:acme/admin"];
  const authenticate = byHeader(authenticator);
  app.route("/oauth2/sessions", tokenSessions({ exchange, authenticate, administrators }));
});
afterEach(async () => {
  await sessions.close();
  await rm(dir, { recursive: true });
});

const subject = (claims = {}) =>
  sign({ ...actionsClaims(provider.issuer, clock.now()), ...claims }, key);
const post = (path: string, form: Record<string, string>, headers = {}) =>
  app.request(path, { method: "POST", body: new URLSearchParams(form), headers });
const exchange = (token: string, over = {}) =>
  post("/oauth2/token", {
    grant_type: grantType,
    subject_token: token,
    subject_token_type: idToken,
    ...over,
  });
const raw = (body: string, type = "application/x-www-form-urlencoded") =>
  app.request("/oauth2/token", { method: "POST", body, headers: { "content-type": type } });
const issue = async (claims = {}): Promise<string> => {
  const reply = await exchange(await subject(claims));
  return ((await reply.json()) as { access_token: string }).access_token;
};

describe("POST /oauth2/token", () => {
  it("turns an id token into a session token that outlives it", async () => {
    const reply = await exchange(await subject());
    expect(reply.status).toBe(200);
    expect(reply.headers.get("cache-control")).toBe("no-store");
    const body = (await reply.json()) as Record<string, unknown>;
    expect(body).toEqual({
      access_token: expect.stringMatching(/^ghs_[A-Za-z0-9]{43}$/),
      issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
      token_type: "Bearer",
      expires_in: 21_600,
    });
    clock.advance(5 * 3600_000);
    const identity = await authenticator.authenticate(bearer(String(body["access_token"])));
    expect(identity.ok && identity.value.principal.run?.runId).toBe("1001");
    clock.advance(3600_000);
    expect(await authenticator.authenticate(bearer(String(body["access_token"])))).toMatchObject({
      error: { code: "unknown_token" },
    });
  });

  it("gives the session of the id token itself", async () => {
    const raw = await subject();
    const direct = await authenticator.authenticate(bearer(raw));
    const exchanged = await authenticator.authenticate(bearer(await issue()));
    expect(exchanged.ok && exchanged.value.session).toBe(direct.ok && direct.value.session);
  });

  it("keeps no token, neither its own nor the subject's, on disk or on record", async () => {
    const raw = await subject();
    const reply = await exchange(raw);
    const { access_token } = (await reply.json()) as { access_token: string };
    const kept = (await readFile(join(dir, "sessions.jsonl"), "utf8")) + JSON.stringify(audit);
    expect(kept).not.toContain(access_token.slice(4));
    expect(kept).not.toContain(raw.split(".")[2]);
  });

  it("puts each exchange on record first, and gives nothing when that fails", async () => {
    await issue();
    expect(audit.intents.at(-1)).toMatchObject({
      decision: "allow",
      principal: { issuer: "actions" },
      operations: [{ name: "token.exchange" }],
    });
    audit.failing = true;
    const reply = await exchange(await subject());
    expect(reply.status).toBe(503);
    expect(await sessions.list()).toHaveLength(1);
  });

  const bad: readonly [string, number, string, () => Promise<Response>][] = [
    [
      "a wrong owner",
      400,
      "invalid_request",
      async () => exchange(await subject({ repository_owner_id: "66" })),
    ],
    ["an expired subject", 400, "invalid_request", async () => exchange(await subject({ exp: 1 }))],
    ["a session token as subject", 400, "invalid_request", async () => exchange(await issue())],
    [
      "another grant type",
      400,
      "unsupported_grant_type",
      async () => exchange("x", { grant_type: "password" }),
    ],
    [
      "an actor token",
      400,
      "invalid_request",
      async () => exchange(await subject(), { actor_token: "x" }),
    ],
    [
      "another type of subject",
      400,
      "invalid_request",
      async () => exchange(await subject(), { subject_token_type: "x" }),
    ],
    [
      "SAML where none is configured",
      400,
      "invalid_request",
      async () => exchange("x", { subject_token_type: idToken.replace("id_token", "saml2") }),
    ],
    [
      "no subject",
      400,
      "invalid_request",
      async () => post("/oauth2/token", { grant_type: grantType }),
    ],
    ["JSON", 400, "invalid_request", async () => raw("{}", "application/json")],
    [
      "a parameter given twice",
      400,
      "invalid_request",
      async () =>
        raw(
          `grant_type=${grantType}&grant_type=${grantType}&subject_token=x&subject_token_type=${idToken}`,
        ),
    ],
    ["a form of 300 KiB", 413, "invalid_request", async () => exchange("x".repeat(300 * 1024))],
  ];
  it.each(bad)("refuses %s", async (_, status, error, ask) => {
    const reply = await ask();
    expect(reply.status).toBe(status);
    expect(await reply.json()).toMatchObject({ error, error_description: expect.any(String) });
    expect(reply.headers.get("cache-control")).toBe("no-store");
  });

  it("slows down an address that keeps failing, and no other", async () => {
    const from = (address: string) =>
      post(
        "/oauth2/token",
        { grant_type: grantType, subject_token: "x", subject_token_type: idToken },
        { "x-forwarded-for": `6.6.6.6, ${address}` },
      );
    for (let i = 0; i < 60; i++) expect((await from("10.0.0.1")).status).toBe(400);
    const reply = await from("10.0.0.1");
    expect(reply.status).toBe(429);
    expect(reply.headers.get("retry-after")).toBe("1");
    expect((await from("10.0.0.2")).status).toBe(400);
    clock.advance(1000);
    expect((await from("10.0.0.1")).status).toBe(400);
  });

  it("slows down a run that exchanges without end", async () => {
    const raw = await subject();
    for (let i = 0; i < 120; i++) expect((await exchange(raw)).status).toBe(200);
    expect((await exchange(raw)).status).toBe(429);
    expect(await sessions.list()).toHaveLength(120);
  });
});

describe("POST /oauth2/revoke", () => {
  it("ends a token at once, for live streams too, and leaves its siblings", async () => {
    const [token, sibling] = [await issue(), await issue()];
    const identity = await authenticator.authenticate(bearer(token));
    if (!identity.ok) throw new Error(identity.error.code);
    const ended = new Promise<void>((resolve) => {
      authenticator.onRevoked(identity.value, resolve);
    });
    expect((await post("/oauth2/revoke", { token })).status).toBe(200);
    await ended;
    expect((await authenticator.authenticate(bearer(token))).ok).toBe(false);
    expect((await authenticator.authenticate(bearer(sibling))).ok).toBe(true);
    expect(audit.intents.at(-1)?.operations[0]?.name).toBe("token.revoke");
  });

  it("says yes to a token that it does not know, and no to what is none of ours", async () => {
    expect((await post("/oauth2/revoke", { token: `ghs_${"x".repeat(43)}` })).status).toBe(200);
    expect((await post("/oauth2/revoke", { token: await subject() })).status).toBe(400);
  });
});

describe("/oauth2/sessions", () => {
  const list = async (token: string) => {
    const reply = await app.request("/oauth2/sessions", {
      headers: { authorization: `Bearer ${token}` },
    });
    return (await reply.json()) as { sessions: { id: string; session: string; run_id: string }[] };
  };
  const end = (token: string, id: string) =>
    app.request(`/oauth2/sessions/${id}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${token}` },
    });

  it("shows a run its own tokens, and an administrator all of them, never a token", async () => {
    const [mine] = [await issue(), await issue({ run_id: "1002" })];
    const admin = await issue({ repository: "acme/admin", run_id: "1" });
    expect((await list(mine)).sessions.map(({ run_id }) => run_id)).toEqual(["1001"]);
    const all = await list(admin);
    expect(all.sessions).toHaveLength(3);
    expect(JSON.stringify(all)).not.toContain("ghs_");
  });

  it("lets an administrator end a session, and with it tokens of the future and raw id tokens", async () => {
    const [token, raw] = [await issue(), await subject()];
    const admin = await issue({ repository: "acme/admin", run_id: "1" });
    const [{ session } = { session: "" }] = (await list(token)).sessions;
    expect((await end(admin, session)).status).toBe(204);
    expect((await authenticator.authenticate(bearer(token))).ok).toBe(false);
    expect(await authenticator.authenticate(bearer(raw))).toMatchObject({
      error: { code: "revoked" },
    });
    expect((await exchange(raw)).status).toBe(400);
  });

  it("hides others' sessions from those who may not end them", async () => {
    const [mine, other] = [await issue(), await issue({ run_id: "1002" })];
    const [theirs] = (await list(other)).sessions;
    expect((await end(mine, theirs?.id ?? "")).status).toBe(404);
    expect((await end(mine, "grt_nonsense")).status).toBe(404);
    expect((await end(other, theirs?.id ?? "")).status).toBe(204);
    expect((await app.request("/oauth2/sessions")).status).toBe(401);
  });
});
