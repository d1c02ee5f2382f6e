import { X509Certificate } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemRoots } from "../../../src/envoy/bootstrap.ts";
import { run } from "../../support/clients.ts";
import { sallyport } from "../../support/command.ts";
import { type Folder, temporaryFolder } from "../../support/folder.ts";

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
  writeFileSync(
    join(folder.path, "sallyport.yaml"),
    `connections:
  - { name: copilot, kind: copilot, hosts: [api.githubcopilot.com, api.business.githubcopilot.com], upstream: https://api.githubcopilot.com }
  - { name: api, kind: github-api, hosts: [api.github.com], upstream: https://api.github.com }
`,
  );
});
afterAll(() => folder?.remove());

const at = (name: string): string => join(folder.path, "tls", name);

const ca = (...args: readonly string[]) => sallyport(["ca", ...args], { cwd: folder.path });

const config = () => ["--config", join(folder.path, "sallyport.yaml")];

describe("sallyport ca", () => {
  test("issues nothing without an authority", async () => {
    const { status, err } = await ca("issue", ...config());
    expect([status, err]).toEqual([2, expect.stringContaining("run sallyport ca init first")]);
  });

  test("init makes an authority once, its key for its owner alone", async () => {
    expect((await ca("init", "--name", "Acme CA")).status).toBe(0);
    const made = readFileSync(at("ca.pem"), "utf8");
    expect(new X509Certificate(made)).toMatchObject({ ca: true, subject: "CN=Acme CA" });
    expect(statSync(at("ca.key")).mode & 0o777).toBe(0o600);
    const again = await ca("init");
    expect([again.status, again.err]).toEqual([2, expect.stringContaining("is there already")]);
    expect(readFileSync(at("ca.pem"), "utf8")).toBe(made);
  });

  test("issue makes a leaf for exactly the connections' hosts, and one for the hosts asked for", async () => {
    const issued = await ca(
      "issue",
      ...config(),
      "--host",
      "gateway.example",
      "--days",
      "30",
      "--json",
    );
    expect([issued.status, issued.err]).toEqual([0, ""]);
    const [inner, gateway] = issued.out.split("\n").map((line) => JSON.parse(line));
    const names = (file: string) => new X509Certificate(readFileSync(file)).subjectAltName;
    expect(names(inner.certificate)).toBe(
      "DNS:api.githubcopilot.com, DNS:api.business.githubcopilot.com, DNS:api.github.com",
    );
    expect(names(gateway.certificate)).toBe("DNS:gateway.example");
    expect(statSync(inner.key).mode & 0o777).toBe(0o600);
  });

  test("openssl agrees: each leaf stands under the authority, for servers, and for its own names only", async () => {
    const verify = (host: string) =>
      run(
        "openssl",
        [
          "verify",
          "-purpose",
          "sslserver",
          "-verify_hostname",
          host,
          "-CAfile",
          at("ca.pem"),
          at("inner.pem"),
        ],
        { cwd: folder.path },
      );
    expect((await verify("api.business.githubcopilot.com")).stdout).toContain("OK");
    for (const other of ["evil.githubcopilot.com", "github.com", "githubcopilot.com"])
      expect((await verify(other)).code).not.toBe(0);
  });

  test("a client's certificate is a client's alone, and takes no other's place", async () => {
    const issued = await ca("issue", ...config(), "--client", "envoy", "--json");
    expect([issued.status, issued.err]).toEqual([0, ""]);
    const verify = (purpose: string) =>
      run("openssl", ["verify", "-purpose", purpose, "-CAfile", at("ca.pem"), at("envoy.pem")], {
        cwd: folder.path,
      });
    expect((await verify("sslclient")).stdout).toContain("OK");
    expect((await verify("sslserver")).code).not.toBe(0);
    expect(statSync(at("envoy.key")).mode & 0o777).toBe(0o600);
    for (const name of ["ca", "gateway", "../envoy"]) {
      const refused = await ca("issue", ...config(), "--client", name);
      expect([refused.status, refused.err]).toEqual([
        2,
        expect.stringContaining("--client must be"),
      ]);
    }
  });

  test("bundle adds the authority to the system's, to print or to a file", async () => {
    const printed = await ca("bundle");
    expect((await ca("bundle", "--out", "bundle.pem")).status).toBe(0);
    const bundle = readFileSync(join(folder.path, "bundle.pem"), "utf8");
    expect(bundle.trimEnd()).toBe(printed.out);
    const count = (text: string) => text.split("BEGIN CERTIFICATE").length - 1;
    expect(count(bundle)).toBe(count(readFileSync(systemRoots, "utf8")) + 1);
    const verified = await run("openssl", ["verify", "-CAfile", "bundle.pem", at("inner.pem")], {
      cwd: folder.path,
    });
    expect(verified.stdout).toContain("OK");
  });

  test.each([
    [["init", "--days", "never"], "--days must be"],
    [["issue", "--config", "none.yaml"], "none.yaml"],
    [["bundle", "--dir", "nowhere"], "No bundle was made"],
    [["frobnicate"], "no such command"],
  ])("%j is told in a sentence", async (args, sentence) => {
    const { status, err } = await ca(...args);
    expect([status, err]).toEqual([2, expect.stringContaining(sentence)]);
  });
});
