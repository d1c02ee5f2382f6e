import { describe, expect, it } from "vitest";
import { err, ok, type Result } from "../../../src/base/result.ts";
import { Secret } from "../../../src/base/secret.ts";
import type { JsonReply } from "../../../src/credentials/json-client.ts";
import { keepLease, renewalPause } from "../../../src/credentials/vault-lease.ts";
import { ManualClock } from "../identity/provider.ts";

/** A Vault that gives these leases, one after another, and notes whose token was renewed. */
function vault(replies: readonly (JsonReply | Error)[]) {
  const clock = new ManualClock();
  const renewed: string[] = [];
  let token: Result<Secret> = ok(new Secret("s.first"));
  const stop = keepLease({
    url: new URL("http://vault.test/v1/auth/token/renew-self"),
    headers: (login) => ({ "x-vault-token": login.reveal() }),
    token: async () => token,
    clock,
    ask: async ({ headers }) => {
      renewed.push(headers["x-vault-token"] ?? "");
      const reply = replies[Math.min(renewed.length, replies.length) - 1];
      if (reply === undefined || reply instanceof Error) throw reply ?? new Error("nothing");
      return reply;
    },
  });
  // Answers come in microtasks: a macrotask later all are in.
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    renewed,
    stop,
    replace: (value: Result<Secret>) => {
      token = value;
    },
    pass: async (ms: number) => {
      await settle();
      clock.advance(ms);
      await settle();
    },
  };
}
const lease = (seconds: number, renewable = true): JsonReply => ({
  status: 200,
  body: { auth: { lease_duration: seconds, renewable } },
});

describe("the lease of Vault's own token", () => {
  it("is renewed at once, and half-way through each lease", async () => {
    const { renewed, pass, stop } = vault([lease(3600)]);
    await pass(1_799_999);
    expect(renewed).toHaveLength(1);
    await pass(1);
    expect(renewed).toHaveLength(2);
    await pass(1_800_000);
    expect(renewed).toHaveLength(3);
    stop();
    await pass(7_200_000);
    expect(renewed).toHaveLength(3);
  });

  it("is renewed in the name of the token that has taken its place", async () => {
    const { renewed, replace, pass } = vault([lease(60)]);
    await pass(0);
    replace(ok(new Secret("s.second")));
    await pass(30_000);
    expect(renewed).toEqual(["s.first", "s.second"]);
  });

  it.each([
    ["Vault is out of reach", new Error("ECONNREFUSED")],
    ["Vault is sealed", { status: 503, body: {} }],
    ["Vault forbids it", { status: 403, body: { errors: [] } }],
    ["Vault answers something else", { status: 200, body: "hello" }],
  ])("is tried again when %s", async (_, reply) => {
    const { renewed, pass } = vault([reply, lease(60)]);
    await pass(renewalPause);
    expect(renewed).toHaveLength(2);
    await pass(30_000);
    expect(renewed).toHaveLength(3);
  });

  it("is not renewed without a token, nor in haste where it cannot be", async () => {
    const { renewed, replace, pass } = vault([lease(0, false), lease(3600, false)]);
    await pass(0);
    replace(err("it is not set"));
    await pass(5 * 60_000);
    expect(renewed).toHaveLength(1);
    replace(ok(new Secret("s.third")));
    await pass(renewalPause);
    await pass(60_000);
    expect(renewed).toHaveLength(2);
  });
});
