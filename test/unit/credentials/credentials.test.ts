import { describe, expect, it } from "vitest";
import type { Connection } from "../../../src/core/target.ts";
import { createCredentials } from "../../../src/credentials/credentials.ts";
import { ManualClock } from "./manual-clock.ts";

const value = `github_${"pat_"}${"x".repeat(30)}`;
const connection = (over: Partial<Connection>): Connection => ({
  name: "api",
  kind: "github-api",
  hosts: ["api.github.com"],
  upstream: new URL("https://api.github.com"),
  credential: "org",
  ...over,
});
const api = connection({});
const git = connection({ kind: "git", upstream: new URL("https://github.com") });
const other = connection({ upstream: new URL("https://evil.test"), credential: "other" });

function build(connections: readonly Connection[], env = { ORG: value }) {
  const clock = new ManualClock();
  const source = { kind: "env", name: "ORG" } as const;
  const parts = { clock, env };
  const credentials = createCredentials(
    [{ name: "org", source, scheme: "token" }],
    connections,
    parts,
  );
  return { clock, credentials };
}

describe("a credential", () => {
  it("is spelled as configured for APIs, and as Basic for git", async () => {
    const { credentials } = build([api, git]);
    const pair = Buffer.from(`x-access-token:${value}`).toString("base64");
    const revealed = async (to: Connection | string) => {
      const header = await credentials.header("org", to);
      return header.ok && header.value.reveal();
    };
    expect(await revealed(api)).toBe(`token ${value}`);
    expect(await revealed("API.github.com")).toBe(`token ${value}`);
    expect(await revealed(git)).toBe(`Basic ${pair}`);
  });

  it("keeps its scheme apart for two connections to one host", async () => {
    const upstream = new URL("http://127.0.0.1:7777");
    const { credentials } = build([
      { ...api, upstream },
      { ...git, upstream },
    ]);
    const header = await credentials.header("org", { ...git, upstream });
    expect(header.ok && header.value.reveal()).toMatch(/^Basic /);
  });

  it.each([
    ["a host of another credential", "evil.test"],
    ["a subdomain", "x.api.github.com"],
    ["a suffix", "api.github.com.evil.test"],
    ["another port", "api.github.com:8443"],
    ["a signed-URL host", "objects.githubusercontent.com"],
    ["nothing", ""],
  ])("is never sent to %s", async (_, host) => {
    const { credentials } = build([api, git, other]);
    const header = await credentials.header("org", host);
    expect(header).toEqual({ ok: false, error: "credential org is not bound to this host" });
  });

  it("is sent to more hosts where it says so, spelled as each connection wants it", async () => {
    const configs = [
      { name: "org", source: { kind: "env", name: "ORG" } as const, hosts: ["evil.test"] },
    ];
    const copilot = connection({ kind: "copilot", upstream: new URL("https://copilot.test") });
    const parts = { clock: new ManualClock(), env: { ORG: value } };
    const places = [api, other, copilot, { ...git, scheme: "bearer" } as const];
    const credentials = createCredentials(configs, places, parts);
    const spelled = await Promise.all(
      places.map(async (to) => {
        const header = await credentials.header("org", to);
        return header.ok && header.value.reveal().split(" ")[0];
      }),
    );
    expect(spelled).toEqual(["token", "token", "Bearer", "Bearer"]);
  });

  it("that cannot be narrowed is not sent where a rule limits it", async () => {
    const { credentials } = build([api]);
    const limits = { permissions: { contents: "read" } };
    const limited = await credentials.header("org", api, { limits });
    expect(limited).toMatchObject({ ok: false, error: expect.stringContaining("limited") });
    expect((await credentials.header("org", api, { limits: {} })).ok).toBe(true);
    expect(credentials.narrowing).toEqual([]);
  });

  it("is refused by a name that nobody configured", async () => {
    const { credentials } = build([api]);
    expect((await credentials.header("nope", api)).ok).toBe(false);
  });

  it("that is not set, or could break out of its header, is an error without the value", async () => {
    for (const env of [{}, { ORG: "" }, { ORG: "a\r\nx: y" }, { ORG: "a b" }]) {
      const header = await build([api], env as { ORG: string }).credentials.header("org", api);
      expect(header.ok).toBe(false);
      expect(!header.ok && header.error).not.toContain("x: y");
    }
  });

  it("is known for masking, in each spelling, while in use and for fifteen minutes after", async () => {
    const { clock, credentials } = build([api, git]);
    expect(credentials.current()).toEqual([]);
    await credentials.header("org", git);
    const pair = Buffer.from(`x-access-token:${value}`).toString("base64");
    expect(credentials.current().map((secret) => secret.reveal())).toEqual([value, pair]);
    clock.advance(15 * 60_000);
    expect(credentials.current()).toHaveLength(2);
    clock.advance(1);
    expect(credentials.current()).toEqual([]);
  });
});
