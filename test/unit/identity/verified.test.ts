import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
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
});

const opened = (leeway?: number) =>
  oidcIssuers([{ name: "actions", issuer: provider.issuer, audience: "sallyport" }], {
    clock,
    fetch,
    ...(leeway === undefined ? {} : { leeway }),
  });
const token = async (claims = {}) =>
  new Secret(await sign({ ...actionsClaims(provider.issuer, clock.now()), ...claims }, first));

it("a token that was good is known again, as the same principal, and not its like with another signature", async () => {
  const issuers = opened();
  const shown = await token();
  const [once, again] = [await issuers.verify(shown), await issuers.verify(shown)];
  if (!once.ok || !again.ok) throw new Error("not known");
  expect(again.value).toEqual(once.value);
  // What is known is not made anew from the token.
  expect(again.value.principal).toBe(once.value.principal);
  const [head, claims] = shown.reveal().split(".");
  const [, , signature] = (await token({ jti: "another" })).reveal().split(".");
  const forged = await issuers.verify(new Secret(`${head}.${claims}.${signature}`));
  expect(forged).toMatchObject({ ok: false, error: { code: "signature" } });
});

it("a token that was good is expired when its time is over", async () => {
  const issuers = opened(60_000);
  const shown = await token();
  expect((await issuers.verify(shown)).ok).toBe(true);
  clock.advance(300_000 + 59_000);
  expect((await issuers.verify(shown)).ok).toBe(true);
  clock.advance(1_000);
  expect(await issuers.verify(shown)).toMatchObject({ ok: false, error: { code: "expired" } });
});

it("a token that was good is unknown once its issuer has withdrawn the key and keys were fetched anew", async () => {
  const issuers = opened();
  const shown = await token({ exp: Math.floor(clock.now() / 1000) + 7200 });
  expect((await issuers.verify(shown)).ok).toBe(true);
  provider.keys = [second.jwk];
  clock.advance(11 * 60_000);
  expect(await issuers.verify(shown)).toMatchObject({ ok: false, error: { code: "unknown_key" } });
});
