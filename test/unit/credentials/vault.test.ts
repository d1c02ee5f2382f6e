import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ok } from "../../../src/base/result.ts";
import { Secret } from "../../../src/base/secret.ts";
import { vaultSource } from "../../../src/credentials/vault.ts";
import { ManualClock } from "./manual-clock.ts";
import { VaultServer } from "./vault-server.ts";

let vault: VaultServer;
let clock: ManualClock;

beforeEach(async () => {
  vault = await VaultServer.start();
  vault.put("copilot", { value: "first", note: "x" });
  clock = new ManualClock();
});
afterEach(() => vault.stop());

function source(over: { namespace?: string; field?: string; token?: () => string } = {}) {
  const { namespace, field = "value", token = () => "s.root" } = over;
  const config = {
    kind: "vault",
    address: vault.address,
    path: "secret/data/copilot",
    field,
    token: { kind: "env", name: "VAULT_TOKEN" },
    namespace,
  } as const;
  return vaultSource(config, async () => ok(new Secret(token())), clock);
}
const read = async (from: ReturnType<typeof source>) => {
  const secret = await from.secret({});
  return secret.ok ? secret.value.reveal() : secret.error;
};

describe("a credential in Vault", () => {
  it("is read once for many requests, and again after thirty seconds, behind their backs", async () => {
    const from = source();
    expect(await Promise.all(Array.from({ length: 10 }, () => read(from)))).toEqual(
      Array(10).fill("first"),
    );
    expect(vault.reads).toBe(1);
    vault.put("copilot", { value: "second" });
    clock.advance(30_000);
    expect(await read(from)).toBe("first");
    await expect.poll(() => read(from)).toBe("second");
    expect(vault.reads).toBe(2);
  });

  it("outlives a sealed Vault for ten minutes, and no longer", async () => {
    const from = source();
    await read(from);
    vault.sealed = true;
    clock.advance(9 * 60_000);
    expect(await read(from)).toBe("first");
    clock.advance(60_001);
    expect(await read(from)).toBe("Vault answered 503");
  });

  it.each([
    ["is gone", () => vault.destroy("copilot"), "Vault answered 404"],
    [
      "is forbidden",
      () => {
        vault.token = "s.other";
      },
      "Vault answered 403",
    ],
  ])("that %s is not used any more", async (_, change, error) => {
    const from = source();
    await read(from);
    change();
    clock.advance(30_000);
    await read(from);
    await expect.poll(() => read(from)).toBe(error);
  });

  it("needs its field and its namespace", async () => {
    expect(await read(source({ field: "other" }))).toMatch(/no such field/);
    vault.namespace = "team/a";
    expect(await read(source())).toBe("Vault answered 404");
    expect(await read(source({ namespace: "team/a" }))).toBe("first");
  });

  it("is fetched with the token of the moment", async () => {
    let token = "s.root";
    const from = source({ token: () => token });
    await read(from);
    vault.token = "s.renewed";
    token = "s.renewed";
    clock.advance(11 * 60_000);
    expect(await read(from)).toBe("first");
  });

  it("names no token when Vault cannot be reached", async () => {
    const from = source();
    await vault.stop();
    expect(await read(from)).toBe("it could not be fetched (ECONNREFUSED)");
    vault = await VaultServer.start();
  });
});
