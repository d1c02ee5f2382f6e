import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { parse, stringify } from "yaml";
import { ask } from "../../src/demo/ask.ts";
import { askAdmin, readListeners, readStats } from "../../src/envoy/admin-client.ts";
import { makeAuthority, writeLeaf } from "../../src/envoy/authority-file.ts";
import { findEnvoy } from "../../src/envoy/binary.ts";
import { type EnvoyProcess, startEnvoy } from "../../src/envoy/process.ts";
import { sallyport } from "../support/command.ts";
import { type Folder, temporaryFolder } from "../support/folder.ts";

/** An Envoy that reads its listeners and clusters from files and follows them (deploy/examples/xds). */
const root = join(import.meta.dirname, "..", "..");
const example = join(root, "deploy", "examples", "xds");
const names = ["bootstrap", "lds", "cds"] as const;

let folder: Folder;
let envoy: EnvoyProcess | undefined;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(async () => {
  await envoy?.stop();
  await folder?.remove();
});

async function write(config: string, dir: string, ...more: readonly string[]): Promise<string> {
  const args = ["envoy-config", "--config", config, "--xds", dir, ...more];
  expect(await sallyport(args, { cwd: folder.path })).toEqual({
    status: 0,
    out: `envoy -c ${dir}/bootstrap.yaml --reject-unknown-dynamic-fields`,
    err: "",
  });
  return dir;
}

test("the example is what the command writes for the reference's config", async () => {
  const inner = ["--inner-certificate", "/etc/sallyport/tls/inner.pem"];
  inner.push("--inner-key", "/etc/sallyport/tls/inner.key");
  const dir = await write(join(root, "envoy", "sallyport.yaml"), join(folder.path, "as"), ...inner);
  for (const name of names) {
    const written = readFileSync(join(dir, `${name}.yaml`), "utf8");
    const text = written.replaceAll(dir, "/etc/sallyport/envoy");
    expect(readFileSync(join(example, `${name}.yaml`), "utf8"), name).toBe(text);
  }
});

test("the real Envoy starts on it, takes up a connection while it runs, and keeps what it had when a file is bad", async () => {
  const authority = makeAuthority(join(folder.path, "tls"), "Test CA");
  writeLeaf(join(folder.path, "tls"), "gateway", authority.issue(["127.0.0.1"]), authority);
  const config = join(folder.path, "sallyport.yaml");
  const reference = parse(readFileSync(join(root, "envoy", "sallyport.yaml"), "utf8"));
  const free = "127.0.0.1:0";
  const here = {
    ...reference,
    listen: { proxy: free, forward: free, extproc: `unix:${join(folder.path, "nobody.sock")}` },
    tls: { certificate: "file:./tls/gateway.pem", key: "file:./tls/gateway.key" },
  };
  writeFileSync(config, stringify(here));
  const dir = join(folder.path, "live");
  mkdirSync(dir);
  const roots = ["--roots", join(folder.path, "tls", "ca.pem"), "--access-log", "none"];
  await write(config, dir, ...roots);
  const bootstrapFile = join(dir, "bootstrap.yaml");
  const text = readFileSync(bootstrapFile, "utf8");
  writeFileSync(bootstrapFile, text.replace("port_value: 9901", "port_value: 0"));
  const binary = await findEnvoy();
  if (!binary.ok) throw new Error(binary.error);
  const own = join(folder.path, "envoy");
  const options = { binary: binary.value.path, bootstrapFile, dir: own, concurrency: 1 };
  const started = await startEnvoy(options);
  if (!started.ok) throw new Error(started.error);
  envoy = started.value;
  const { admin } = envoy;

  const closed = async (): Promise<void> => {
    const url = `https://${(await readListeners(admin)).get("proxy")}/api/v3/user`;
    const answer = await ask(url, { ca: authority.certificate });
    expect([answer.status, JSON.parse(answer.text).message]).toEqual([
      503,
      "Sallyport cannot decide now. Nothing was forwarded.",
    ]);
  };
  // No processor runs: what Envoy took from the files lets nothing through.
  await closed();
  expect(await configOf(admin)).not.toContain("upstream_second");

  const second = { name: "second", kind: "github-api", hosts: ["api.second.example"] };
  const more = { ...second, upstream: "https://api.second.example" };
  writeFileSync(config, stringify({ ...here, connections: [...reference.connections, more] }));
  await write(config, dir, ...roots);
  await vi.waitFor(
    async () =>
      expect(await configOf(admin)).toMatch(/upstream_second[\s\S]*api\.second\.example:\*/),
    { timeout: 30_000, interval: 200 },
  );
  await closed();

  const lds = join(dir, "lds.yaml");
  const bad = readFileSync(lds, "utf8").replaceAll("code: ServiceUnavailable", "code: NoSuchCode");
  writeFileSync(`${lds}.new`, bad);
  renameSync(`${lds}.new`, lds);
  await vi.waitFor(
    async () => {
      const counts = [...(await readStats(admin, "lds.update_rejected")).values()];
      expect(Math.max(...counts)).toBeGreaterThan(0);
    },
    { timeout: 30_000, interval: 200 },
  );
  await closed();
  expect(await configOf(admin)).toContain("api.second.example");
}, 120_000);

async function configOf(admin: EnvoyProcess["admin"]): Promise<string> {
  return (await askAdmin(admin, "GET", "/config_dump")).body;
}
