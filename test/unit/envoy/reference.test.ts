import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, parseDocument } from "yaml";
import { defaultConfig } from "../../../src/config/config.ts";
import { loadConfig } from "../../../src/config/file.ts";
import { findEnvoy } from "../../../src/envoy/binary.ts";
import { developmentCertificate } from "../../../src/envoy/development-certificate-file.ts";
import { sallyport } from "../../support/command.ts";
import { type Folder, temporaryFolder } from "../../support/folder.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const reference = join(root, "envoy", "envoy.yaml");
const config = join(root, "envoy", "sallyport.yaml");
const execute = promisify(execFile);

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder?.remove());

const inner = { certificate: "/etc/sallyport/tls/inner.pem", key: "/etc/sallyport/tls/inner.key" };

/** What the command prints for the reference's own config. */
async function printed(...more: readonly string[]): Promise<string> {
  const args = ["envoy-config", "--config", config];
  args.push("--inner-certificate", inner.certificate, "--inner-key", inner.key, ...more);
  const { status, out, err } = await sallyport(args, { cwd: root });
  expect([status, err]).toEqual([0, ""]);
  return out;
}

describe("the reference configuration of Envoy", () => {
  test("is what the command renders from the config beside it", async () => {
    const written: unknown = parse(await readFile(reference, "utf8"));
    expect(written).toEqual(parse(await printed()));
    expect(written).toEqual(JSON.parse(await printed("--json")));
  });

  test("is the default config with one issuer and one collector", () => {
    const loaded = loadConfig(config);
    if (!loaded.ok) throw new Error(loaded.error[0].message);
    const { identity, audit, tls, listen, ...rest } = loaded.value;
    const defaults = defaultConfig(join(root, "envoy"));
    expect(rest).toEqual({
      ...Object.fromEntries(Object.entries(defaults).filter(([name]) => name in rest)),
    });
    expect(listen).toMatchObject({
      proxy: defaults.listen.proxy,
      forward: defaults.listen.forward,
    });
    expect([identity.issuers.length, audit.otlp?.url.port, tls === undefined]).toEqual([
      1,
      "4318",
      false,
    ]);
  });

  test("has a reason at every block that a reader might doubt", async () => {
    const comments = (await readFile(reference, "utf8")).match(/^ *# .+$/gm) ?? [];
    expect(comments.length).toBeGreaterThan(50);
    for (const comment of comments) expect(comment.trim()).toMatch(/[.:;]$|^# {3}sallyport |`$/);
  });

  test("is accepted by the real Envoy, with certificates that are there", async () => {
    const envoy = await findEnvoy();
    if (!envoy.ok) throw new Error(envoy.error);
    const made = developmentCertificate(folder.path, ["api.github.com"]);
    const text = (await readFile(reference, "utf8"))
      .replaceAll(/\/etc\/sallyport\/tls\/\w+\.pem/g, made.certificate)
      .replaceAll(/\/etc\/sallyport\/tls\/\w+\.key/g, made.key)
      .replaceAll("/etc/ssl/certs/ca-certificates.crt", made.authority);
    expect(parseDocument(text).errors).toEqual([]);
    const file = join(folder.path, "envoy.yaml");
    await writeFile(file, text);
    const { stdout } = await execute(envoy.value.path, ["--mode", "validate", "-c", file]);
    expect(stdout).toContain("OK");
  }, 60_000);

  test("a mistake in it is not accepted, so that acceptance means something", async () => {
    const envoy = await findEnvoy();
    if (!envoy.ok) throw new Error(envoy.error);
    const file = join(folder.path, "wrong.yaml");
    const text = await readFile(reference, "utf8");
    await writeFile(file, text.replace("failure_mode_allow: false", "failure_mode_alow: false"));
    await expect(
      execute(envoy.value.path, ["--mode", "validate", "-c", file]),
    ).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("failure_mode_alow") });
  }, 60_000);
});
