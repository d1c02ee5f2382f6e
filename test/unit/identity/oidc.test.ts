import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Secret } from "../../../src/base/secret.ts";
import { oidcIssuers } from "../../../src/identity/oidc.ts";
import {
  actionsClaims,
  ManualClock,
  Provider,
  type SigningKey,
  sign,
  signingKey,
} from "./provider.ts";

let first: SigningKey;
let second: SigningKey;
let provider: Provider;
let clock: ManualClock;

beforeAll(async () => {
  [first, second] = await Promise.all([signingKey("k1"), signingKey("k2", "ES256")]);
  provider = await Provider.start([first.jwk]);
});
afterAll(() => provider.stop());
beforeEach(() => {
  clock = new ManualClock();
  provider.keys = [first.jwk];
  provider.down = false;
  provider.claimedIssuer = undefined;
  provider.keyFetches = 0;
});

const config = () => ({ name: "actions", issuer: provider.issuer, audience: "sallyport" });
const issuers = (extra = {}) => oidcIssuers([{ ...config(), ...extra }], { clock, fetch });
const token = async (key = first, claims = {}) =>
  new Secret(await sign({ ...actionsClaims(provider.issuer, clock.now()), ...claims }, key));

describe("an id token of GitHub Actions", () => {
  it("gives principal, groups, run, session and expiry", async () => {
    const identity = await issuers({ groups: "repository" }).verify(await token());
    if (!identity.ok) throw new Error(identity.error.code);
    const { principal, session, expiresAt } = identity.value;
    expect(principal.id).toBe("actions:repo:acme/app:ref:refs/heads/main");
    expect(principal.groups).toEqual(["acme/app"]);
    expect(principal.run).toMatchObject({ repositoryId: "74", runId: "1001", actorId: "12" });
    expect(session).toMatch(/^ses_[\w-]{22}$/);
    expect(expiresAt).toBe(clock.now() + 300_000);
  });

  it("has one session for all tokens of a run attempt, another for the next attempt", async () => {
    const all = issuers();
    const session = async (claims: object) => {
      const identity = await all.verify(await token(first, claims));
      return identity.ok && identity.value.session;
    };
    expect(await session({ jti: "a" })).toBe(await session({ jti: "b" }));
    expect(await session({})).not.toBe(await session({ run_attempt: "2" }));
  });
});

describe("clocks", () => {
  it.each([
    ["exp", -59, true],
    ["exp", -60, false],
    ["nbf", 60, true],
    ["nbf", 61, false],
    ["iat", 60, true],
    ["iat", 61, false],
  ] as const)(
    "may differ by a minute, no more: %s %i s from now",
    async (claim, seconds, known) => {
      const at = Math.floor(clock.now() / 1000) + seconds;
      expect((await issuers().verify(await token(first, { [claim]: at }))).ok).toBe(known);
    },
  );
});

describe("keys", () => {
  it("are fetched once for many tokens", async () => {
    const all = issuers();
    const tokens = await Promise.all(Array.from({ length: 20 }, () => token()));
    const identities = await Promise.all(tokens.map((each) => all.verify(each)));
    expect(identities.every(({ ok }) => ok)).toBe(true);
    expect(provider.keyFetches).toBe(1);
  });

  it("rotate without a restart, and an unknown key is looked for once per interval", async () => {
    const all = issuers();
    expect((await all.verify(await token())).ok).toBe(true);
    provider.keys = [second.jwk];
    expect((await all.verify(await token(second))).ok).toBe(true);
    const stranger = await signingKey("stranger");
    for (let i = 0; i < 10; i++)
      expect(await all.verify(await token(stranger))).toMatchObject({
        error: { code: "unknown_key" },
      });
    expect(provider.keyFetches).toBe(2);
    clock.advance(10_000);
    await all.verify(await token(stranger));
    expect(provider.keyFetches).toBe(3);
  });

  it("rotate under load without one failed request", async () => {
    const all = issuers();
    const answers: boolean[] = [];
    for (let round = 0; round < 40; round++) {
      if (round === 10) provider.keys = [first.jwk, second.jwk];
      if (round === 30) provider.keys = [second.jwk];
      const key = round < 11 ? first : second;
      const tokens = await Promise.all(Array.from({ length: 5 }, () => token(key)));
      for (const each of await Promise.all(tokens.map((one) => all.verify(one))))
        answers.push(each.ok);
      clock.advance(20_000);
    }
    expect(answers).toEqual(Array(200).fill(true));
    expect(provider.keyFetches).toBeLessThan(10);
  });

  it("that an issuer withdrew stop counting when they are next fetched", async () => {
    const all = issuers();
    expect((await all.verify(await token())).ok).toBe(true);
    provider.keys = [second.jwk];
    clock.advance(10 * 60_000 + 1);
    expect(await all.verify(await token())).toMatchObject({ error: { code: "unknown_key" } });
  });

  it("outlive an unreachable issuer for a stated time, and then nobody is known", async () => {
    const all = issuers();
    expect((await all.verify(await token())).ok).toBe(true);
    provider.down = true;
    clock.advance(59 * 60_000);
    expect((await all.verify(await token())).ok).toBe(true);
    clock.advance(2 * 60_000);
    const refusal = await all.verify(await token());
    expect(refusal).toMatchObject({ error: { code: "keys_unavailable", refusal: "unavailable" } });
    provider.down = false;
    clock.advance(10_000);
    expect((await all.verify(await token())).ok).toBe(true);
  });

  it("of a provider that names another issuer are not taken", async () => {
    provider.claimedIssuer = "https://token.actions.githubusercontent.com";
    expect(await issuers().verify(await token())).toMatchObject({
      error: { code: "keys_unavailable" },
    });
  });

  it("can come from a file, which is read again for an unknown key", async () => {
    const dir = await mkdtemp(join(tmpdir(), "jwks-"));
    const path = join(dir, "keys.json");
    await writeFile(path, JSON.stringify({ keys: [first.jwk] }));
    const all = issuers({ jwks: path });
    expect((await all.verify(await token())).ok).toBe(true);
    await writeFile(path, JSON.stringify({ keys: [second.jwk] }));
    expect((await all.verify(await token(second))).ok).toBe(true);
    expect(provider.keyFetches).toBe(0);
    await rm(dir, { recursive: true });
  });

  it("that are symmetric or private are never taken", async () => {
    provider.keys = [
      { kty: "oct", k: "c2VjcmV0", kid: "k1" },
      { ...first.jwk, d: "x" },
    ];
    expect(await issuers().verify(await token())).toMatchObject({
      error: { code: "keys_unavailable" },
    });
  });
});

describe("other providers", () => {
  it("GitLab's job tokens name their run too", async () => {
    const claims = {
      project_id: "9",
      project_path: "g/p",
      pipeline_id: "5",
      job_id: "6",
      repository_id: undefined,
      run_id: undefined,
    };
    const identity = await issuers().verify(await token(first, claims));
    expect(identity.ok && identity.value.principal.run).toMatchObject({
      repositoryId: "9",
      runId: "5",
    });
  });

  it("Kubernetes' nested claims can be required by JSON Pointer", async () => {
    const claims = { "kubernetes.io": { namespace: "ci" }, repository_id: undefined };
    const require = { "/kubernetes.io/namespace": "ci" };
    expect((await issuers({ require }).verify(await token(first, claims))).ok).toBe(true);
    const other = { "/kubernetes.io/namespace": "prod" };
    expect(await issuers({ require: other }).verify(await token(first, claims))).toMatchObject({
      error: { code: "claim_mismatch" },
    });
  });

  it("one issuer may be configured twice, for two audiences", async () => {
    const both = oidcIssuers(
      [
        { ...config(), name: "one", audience: "a" },
        { ...config(), name: "two", audience: "b" },
      ],
      { clock, fetch },
    );
    const identity = await both.verify(await token(first, { aud: "b" }));
    expect(identity.ok && identity.value.principal.issuer).toBe("two");
  });
});
