import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Secret } from "../../../src/base/secret.ts";
import type { Connection } from "../../../src/core/target.ts";
import { createCredentials } from "../../../src/credentials/credentials.ts";
import { parseSealingKey, seal, unseal } from "../../../src/credentials/seal.ts";
import { ManualClock } from "./manual-clock.ts";

const newKey = () => new Secret(randomBytes(32).toString("base64"));
const key = newKey();

describe("a sealed value", () => {
  it("opens with its key and for its name, whatever it is", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (value, name) => {
        const opened = unseal(seal(new Secret(value), name, key), name, key);
        expect(opened.ok && opened.value.reveal()).toBe(value.toWellFormed());
      }),
    );
  });

  it("is different each time, and holds nothing of the value", () => {
    const value = new Secret("a-long-enough-secret");
    const [a, b] = [seal(value, "org", key), seal(value, "org", key)];
    expect(a).not.toBe(b);
    expect(Buffer.from(a.split(".")[2] ?? "", "base64url").toString("latin1")).not.toContain(
      "secret",
    );
  });

  it("opens with no other key, for no other name, and not with any bit changed", () => {
    const sealed = seal(new Secret("value"), "org", key);
    expect(unseal(sealed, "org", newKey()).ok).toBe(false);
    expect(unseal(sealed, "other", key).ok).toBe(false);
    const [mark, nonce, body = ""] = sealed.split(".");
    const bytes = Buffer.from(body, "base64url");
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(unseal(`${mark}.${nonce}.${changed.toString("base64url")}`, "org", key).ok).toBe(
        false,
      );
    }
    for (const text of [
      "",
      "x",
      `${sealed}.x`,
      `${mark}..`,
      `${mark}.${nonce}.${body.slice(0, 10)}`,
    ])
      expect(unseal(text, "org", key).ok).toBe(false);
  });

  it("needs a key of 32 bytes", () => {
    for (const bytes of [0, 16, 31, 33])
      expect(parseSealingKey(randomBytes(bytes).toString("base64")).ok).toBe(false);
    expect(parseSealingKey(randomBytes(32).toString("base64url")).ok).toBe(true);
    expect(parseSealingKey("not base64 at all, forty-three characters..").ok).toBe(false);
  });
});

describe("a credential in a sealed file", () => {
  it("is opened for the credential that it was sealed for alone", async () => {
    const dir = await mkdtemp(join(tmpdir(), "sealed-"));
    const path = join(dir, "org.sealed");
    await writeFile(path, `${seal(new Secret("stored-value"), "org", key)}\n`, { mode: 0o600 });
    const upstream = new URL("https://api.github.com");
    const api: Connection = {
      name: "api",
      kind: "github-api",
      hosts: [],
      upstream,
      credential: "org",
    };
    const source = { kind: "sealed", path, key: { kind: "env", name: "KEY" } } as const;
    const read = async (name: string, env: Record<string, string>) => {
      const configs = [{ name, scheme: "bearer", source } as const];
      const connections = [{ ...api, credential: name }];
      const credentials = createCredentials(configs, connections, {
        clock: new ManualClock(),
        env,
      });
      const header = await credentials.header(name, api);
      return header.ok ? header.value.reveal() : header.error;
    };
    expect(await read("org", { KEY: key.reveal() })).toBe("Bearer stored-value");
    expect(await read("other", { KEY: key.reveal() })).toMatch(/sealed with another key/);
    expect(await read("org", { KEY: newKey().reveal() })).toMatch(/sealed with another key/);
    expect(await read("org", {})).toMatch(/sealing key: .*not set/);
    await rm(dir, { recursive: true });
  });
});
