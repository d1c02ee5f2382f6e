import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { parse, stringify } from "yaml";
import { findEnvoy } from "../../../src/envoy/binary.ts";
import { run } from "../../support/clients.ts";
import { type Folder, temporaryFolder } from "../../support/folder.ts";
import { freePort } from "../../support/ports.ts";

/** What the image ships: compiled JavaScript, laid out as in /app, running without the sources. */
vi.setConfig({ testTimeout: 60_000 });
const root = join(import.meta.dirname, "..", "..", "..");
let folder: Folder;
let program: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  const app = join(folder.path, "app");
  mkdirSync(app);
  for (const file of ["package.json", ".envoy-version"])
    copyFileSync(join(root, file), join(app, file));
  symlinkSync(join(root, "node_modules"), join(app, "node_modules"));
  const args = [join(root, "deploy", "build.ts"), join(app, "dist")];
  const built = await run(process.execPath, args, { cwd: root });
  if (built.code !== 0) throw new Error(`the build failed: ${built.stdout}${built.stderr}`);
  program = join(app, "dist", "main.js");
}, 180_000);
afterAll(() => folder?.remove());

const sallyport = (...args: readonly string[]) =>
  run(process.execPath, [program, ...args], { cwd: folder.path });

test("the compiled program says the same as the sources", async () => {
  const sources = [join(root, "src", "main.ts"), "--help"];
  const wanted = await run(process.execPath, sources, { cwd: folder.path });
  expect(wanted.code).toBe(0);
  expect(await sallyport("--help")).toEqual(wanted);
  const version = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version;
  expect((await sallyport("--version")).stdout).toBe(`${version}\n`);
});

test("it serves: health, console with its style and script, operations by table, presets", async () => {
  const port = await freePort();
  const free = "127.0.0.1:0";
  const config = {
    listen: { proxy: free, forward: free, metrics: free, api: `127.0.0.1:${port}` },
    connections: [
      {
        name: "api",
        kind: "github-api",
        hosts: ["api.github.com"],
        upstream: "https://api.github.com",
      },
    ],
  };
  writeFileSync(join(folder.path, "sallyport.yaml"), stringify(config));
  writeFileSync(
    join(folder.path, "policy.yaml"),
    "rules:\n  - include: preset:read-only\notherwise: [ { deny: {} } ]\n",
  );
  const child = spawn(process.execPath, [program, "serve"], { cwd: folder.path, env: {} });
  const ended = once(child, "close");
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  try {
    await vi.waitFor(() => expect(output).toContain('"msg":"serving"'), { timeout: 30_000 });
    const url = `http://127.0.0.1:${port}`;
    for (const path of [
      "/healthz",
      "/readyz",
      "/metrics",
      "/console.css",
      "/console.js",
      "/icon.svg",
    ])
      expect([path, (await fetch(url + path)).status]).toEqual([path, 200]);
    expect(await healthcheck(`${url}/healthz`)).toBe(0);
  } finally {
    child.kill("SIGTERM");
  }
  expect(await ended).toEqual([0, null]);
  expect(await healthcheck(`http://127.0.0.1:${port}/healthz`)).toBe(1);
});

/** The image's own HEALTHCHECK. */
async function healthcheck(url: string): Promise<number | null> {
  const dockerfile = readFileSync(join(root, "deploy", "Dockerfile"), "utf8");
  const command = /HEALTHCHECK .*\\\n\s+CMD (\[.*\])/.exec(dockerfile)?.[1] ?? "[]";
  const [, ...args] = JSON.parse(command) as readonly string[];
  return (await run(process.execPath, args, { cwd: "/", env: { SALLYPORT_HEALTH: url } })).code;
}

describe("compose", () => {
  test("its first service makes certificates and a bootstrap that the real Envoy accepts", async () => {
    const compose = parse(readFileSync(join(root, "docker-compose.yml"), "utf8"), { merge: true });
    const [script = ""] = compose.services.prepare.command as readonly string[];
    const inContainer = (text: string): string =>
      text
        .replaceAll("/etc/sallyport/", `${folder.path}/etc/`)
        .replaceAll("/run/sallyport/", `${folder.path}/run/`)
        .replaceAll(/(?<![\w/])\/data\b/g, `${folder.path}/data`);
    for (const name of ["etc", "run", "data"])
      mkdirSync(join(folder.path, name), { recursive: true });
    for (const name of ["sallyport.yaml", "policy.yaml"]) {
      const text = readFileSync(join(root, "deploy", "compose", name), "utf8");
      writeFileSync(join(folder.path, "etc", name), inContainer(text));
    }
    const command = `sallyport() { "${process.execPath}" "${program}" "$@"; }\n${inContainer(script)}`;
    const prepared = await run("/bin/sh", ["-euc", command], { cwd: folder.path });
    expect(prepared.code, prepared.stderr).toBe(0);
    expect(prepared.stdout).toMatch(
      /inner\.key: api\.githubcopilot\.com.*\n.*gateway\.key: localhost, 127\.0\.0\.1, sallyport$/m,
    );
    const valid = await sallyport(
      "validate",
      "--config",
      join(folder.path, "etc", "sallyport.yaml"),
    );
    expect(valid.code, valid.stderr).toBe(0);

    const envoy = await findEnvoy();
    if (!envoy.ok) throw new Error(envoy.error);
    const bootstrap = join(folder.path, "run", "envoy.yaml");
    expect(readFileSync(bootstrap, "utf8")).not.toMatch(/address: 0\.0\.0\.0\n\s+port_value: 9003/);
    const args = ["--mode", "validate", "-c", bootstrap];
    const validated = await run(envoy.value.path, args, { cwd: folder.path });
    expect(validated.code, validated.stderr).toBe(0);
  });
});
