import { createRemoteJWKSet, decodeJwt, jwtVerify } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type DemoIssuer, startDemoIssuer } from "../../../src/demo/issuer.ts";

let issuer: DemoIssuer;
beforeAll(async () => {
  issuer = await startDemoIssuer();
});
afterAll(() => issuer.close());

async function discover(): Promise<{ issuer: string; jwks_uri: string }> {
  const answer = await fetch(`${issuer.url}/.well-known/openid-configuration`);
  return (await answer.json()) as { issuer: string; jwks_uri: string };
}

test("a token verifies by discovery, and names a CI run", async () => {
  const found = await discover();
  const keys = createRemoteJWKSet(new URL(found.jwks_uri));
  const { payload, protectedHeader } = await jwtVerify(await issuer.token(), keys, {
    issuer: found.issuer,
    audience: "sallyport",
  });
  expect(protectedHeader.alg).toBe("RS256");
  expect(payload).toMatchObject({ repository: "acme/app", run_id: "7001", actor_id: "583231" });
});

test("claims are overridden, and left out where they are undefined", async () => {
  const claims = decodeJwt(await issuer.token({ aud: "other", run_id: undefined }));
  expect(claims.aud).toBe("other");
  expect("run_id" in claims).toBe(false);
});

test("after a rotation the old token no longer verifies", async () => {
  const old = await issuer.token();
  await issuer.rotate();
  const keys = createRemoteJWKSet(new URL((await discover()).jwks_uri));
  await expect(jwtVerify(old, keys)).rejects.toThrow();
  await expect(jwtVerify(await issuer.token(), keys)).resolves.toBeDefined();
});
