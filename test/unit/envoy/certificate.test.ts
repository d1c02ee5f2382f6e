import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { newAuthority, openAuthority } from "../../../src/envoy/certificate.ts";
import { listenLocally } from "../../support/ports.ts";

const dir = mkdtempSync(join(tmpdir(), "sallyport-certificate-"));
afterAll(() => rmSync(dir, { recursive: true }));

const authority = newAuthority("Sallyport test CA");
const leaf = authority.issue(["localhost", "api.github.com", "127.0.0.1", "::1"]);

describe("a leaf", () => {
  const certificate = new X509Certificate(leaf.certificate);

  test("holds exactly the names asked for", () => {
    expect(certificate.subjectAltName?.split(", ").sort()).toEqual([
      "DNS:api.github.com",
      "DNS:localhost",
      "IP Address:0:0:0:0:0:0:0:1",
      "IP Address:127.0.0.1",
    ]);
    expect(certificate.checkHost("github.com")).toBeUndefined();
    expect(certificate.ca).toBe(false);
  });

  test("is signed by the authority, and satisfies OpenSSL's strictest reading", () => {
    const paths = [join(dir, "ca.pem"), join(dir, "leaf.pem")] as const;
    writeFileSync(paths[0], authority.certificate);
    writeFileSync(paths[1], leaf.certificate);
    const args = ["-x509_strict", "-purpose", "sslserver", "-verify_hostname", "localhost"];
    const printed = execFileSync("openssl", ["verify", ...args, "-CAfile", ...paths]);
    expect(printed.toString()).toContain("leaf.pem: OK");
    expect(() =>
      execFileSync("openssl", ["verify", "-verify_hostname", "evil.test", "-CAfile", ...paths], {
        stdio: "pipe",
      }),
    ).toThrow(/hostname mismatch/i);
  });

  test("serves TLS to a client that trusts the authority, and to no other", async () => {
    const server = createServer({ cert: leaf.certificate, key: leaf.key }, (_, answer) => {
      answer.end("hello");
    });
    const port = await listenLocally(server);
    const ask = (ca: string) =>
      new Promise((resolve, reject) => {
        const asked = get({ host: "localhost", port, ca, agent: false }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        });
        asked.on("error", reject);
      });
    await expect(ask(authority.certificate)).resolves.toBe(200);
    await expect(ask(newAuthority("Another").certificate)).rejects.toThrow(
      /unable to verify|local issuer/,
    );
    server.close();
  });
});

describe("an authority", () => {
  test("is taken up again from its PEM texts", () => {
    const again = openAuthority({ certificate: authority.certificate, key: authority.key });
    const issued = new X509Certificate(again.issue(["example.test"]).certificate);
    expect(issued.checkIssued(new X509Certificate(authority.certificate))).toBe(true);
    expect(issued.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
  });

  test("is refused when key and certificate are strangers, or it is a mere leaf", () => {
    const key = newAuthority("Another").key;
    expect(() => openAuthority({ certificate: authority.certificate, key })).toThrow(
      /does not belong/,
    );
    expect(() => openAuthority(leaf)).toThrow(/not a certificate authority/);
  });
});
