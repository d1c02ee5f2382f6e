import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../../../src/base/secret.ts";
import { type Authenticator, createAuthenticator } from "../../../src/identity/authenticator.ts";
import { tokenExchange } from "../../../src/identity/exchange.ts";
import { oidcIssuers } from "../../../src/identity/oidc.ts";
import { fileSessions } from "../../../src/identity/sessions/file.ts";
import type { SessionStore } from "../../../src/identity/sessions/store.ts";
import { type BadIdentity, badIdentities } from "./bad-identities.ts";
import { bearer, head } from "./heads.ts";
import { KeptAudit } from "./kept-audit.ts";
import { actionsClaims, ManualClock, Provider, sign, signingKey } from "./provider.ts";

let dir: string;
let provider: Provider;
let sessions: SessionStore;
let authenticator: Authenticator;
let table: readonly BadIdentity[];
let good: string;
let session: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "bad-identities-"));
  const clock = new ManualClock();
  const [key, stranger, elliptic, unaccepted] = await Promise.all([
    signingKey("k1"),
    signingKey("k9"),
    signingKey("k2", "ES256"),
    signingKey("k3", "PS256"),
  ]);
  provider = await Provider.start([key.jwk, elliptic.jwk, unaccepted.jwk]);
  sessions = await fileSessions(dir, clock);
  const issuers = oidcIssuers(
    [
      {
        name: "actions",
        issuer: provider.issuer,
        audience: "sallyport",
        require: { repository_owner_id: "65" },
      },
    ],
    { clock, fetch },
  );
  authenticator = createAuthenticator({ issuers, sessions });
  const audit = new KeptAudit();
  const exchange = tokenExchange({ clock, sessions, audit, issuers, lifetime: 60_000 });
  const asked = { method: "POST", path: "/oauth2/token" };
  const issue = async (over = {}) => {
    const subject = await sign({ ...actionsClaims(provider.issuer, clock.now()), ...over }, key);
    const issued = await exchange.issue("id_token", new Secret(subject), asked);
    if (!issued.ok) throw new Error(issued.error.code);
    return { token: issued.value.token.reveal(), session: issued.value.grant.session };
  };
  const expired = await issue();
  const cancelled = await issue({ run_id: "666" });
  clock.advance(60_000);
  session = (await issue()).token;
  const revoked = await issue();
  await exchange.revokeToken(new Secret(revoked.token), asked);
  await sessions.revokeSession(cancelled.session, clock.now() + 3600_000);
  good = await sign(actionsClaims(provider.issuer, clock.now()), key);
  table = await badIdentities({
    issuer: provider.issuer,
    key,
    stranger,
    elliptic,
    unaccepted,
    now: clock.now(),
    session,
    expiredSession: expired.token,
    revokedSession: revoked.token,
    revokedRun: "666",
  });
});
afterAll(async () => {
  await provider.stop();
  await sessions.close();
  await rm(dir, { recursive: true });
});

describe("an identity", () => {
  it("that is good is known, however it is carried", async () => {
    for (const token of [good, `ghs_${good}`, session, `tid=${session};exp=1;chat=1`])
      expect(await authenticator.authenticate(bearer(token))).toMatchObject({ ok: true });
  });

  it("that is bad is refused in each of at least sixty ways, for the right reason", async () => {
    expect(table.length).toBeGreaterThanOrEqual(60);
    expect(new Set(table.map(({ name }) => name)).size).toBe(table.length);
    const reasons = await Promise.all(
      table.map(async ({ name, headers, path }) => {
        const identity = await authenticator.authenticate(head(headers, path));
        return `${name}: ${identity.ok ? "KNOWN" : identity.error.code}`;
      }),
    );
    expect(reasons).toEqual(table.map(({ name, code }) => `${name}: ${code}`));
  });

  it("that is bad is refused in words that repeat nothing of it", async () => {
    for (const { headers, path } of table) {
      const identity = await authenticator.authenticate(head(headers, path));
      const words = identity.ok ? "" : identity.error.message;
      expect(words).not.toBe("");
      for (const [, value] of headers)
        for (const piece of value.split(/[ .,;=]/).filter((text) => text.length > 8))
          expect(words).not.toContain(piece);
    }
  });
});
