import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ok } from "../../../src/base/result.ts";
import { Secret } from "../../../src/base/secret.ts";
import { privateFile } from "../../../src/credentials/file.ts";
import { githubAppSource, parsePrivateKey } from "../../../src/credentials/github-app.ts";
import type { CredentialNeed, CredentialSource } from "../../../src/credentials/source.ts";
import { GithubServer } from "./github-server.ts";
import { ManualClock } from "./manual-clock.ts";

function keyPair(type: "pkcs1" | "pkcs8") {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    private: privateKey.export({ type, format: "pem" }).toString(),
    public: publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
}

let first: ReturnType<typeof keyPair>;
let second: ReturnType<typeof keyPair>;
let github: GithubServer;
let clock: ManualClock;

beforeAll(() => {
  first = keyPair("pkcs1");
  second = keyPair("pkcs8");
});
beforeEach(async () => {
  clock = new ManualClock();
  github = await GithubServer.start(clock);
  github.keys = [first.public];
});
afterEach(() => github.stop());

type ReadKey = Parameters<typeof githubAppSource>[1];

function app(
  over: object = {},
  key: ReadKey = async () => ok(new Secret(first.private)),
): CredentialSource {
  const config = {
    kind: "github-app",
    appId: "7",
    key: { kind: "env", name: "KEY" },
    installation: "42",
    api: github.api,
    ...over,
  } as const;
  return githubAppSource(config, key, clock);
}
const read = async (source: CredentialSource, need: CredentialNeed = {}) => {
  const secret = await source.secret(need);
  return secret.ok ? secret.value.reveal() : secret.error;
};

describe("a GitHub App", () => {
  it("mints one token for many requests at once, whichever form its key has", async () => {
    const source = app();
    const tokens = await Promise.all(Array.from({ length: 20 }, () => read(source)));
    expect(new Set(tokens)).toEqual(new Set(["ghs_minted0"]));
    github.keys = [second.public];
    expect(await read(app({}, async () => ok(new Secret(second.private))))).toBe("ghs_minted1");
  });

  it("asks once more with a key that was put in the place of the withdrawn one meanwhile, and not with the same", async () => {
    github.keys = [second.public];
    const pems = [first.private, second.private];
    const source = app({}, async () => ok(new Secret(pems.shift() ?? second.private)));
    expect(await read(source)).toBe("ghs_minted0");
    expect(github.refused).toBe(1);
    expect(await read(app())).toMatch(/401/);
    expect(github.refused).toBe(2);
  });

  it("asks for the permissions and repositories that are needed, and keeps a token for each", async () => {
    const source = app({ permissions: { contents: "write", issues: "read" } });
    await read(source);
    const need = { limits: { permissions: { contents: "read" } }, repositories: ["app"] };
    await read(source, need);
    await read(source, need);
    expect(github.minted.map(({ asked }) => asked)).toEqual([
      { permissions: { contents: "write", issues: "read" } },
      { permissions: { contents: "read" }, repositories: ["app"] },
    ]);
  });

  it.each([
    [
      "a permission that the config does not give",
      { limits: { permissions: { secrets: "read" } } },
    ],
    ["a higher level", { limits: { permissions: { contents: "admin" } } }],
    ["a level that nobody knows", { limits: { permissions: { contents: "owner" } } }],
    ["a name from Object's prototype", { limits: { permissions: { constructor: "read" } } }],
    ["another repository", { repositories: ["other"] }],
    ["another repository that a rule names", { limits: { repositories: ["app", "other"] } }],
  ])("mints nothing for %s", async (_, need) => {
    const source = app({ permissions: { contents: "write" }, repositories: ["App"] });
    expect(await read(source, need as CredentialNeed)).toMatch(/is asked for|are asked for/);
    expect(github.minted).toEqual([]);
    expect(await read(source, { repositories: ["app"] })).toBe("ghs_minted0");
  });

  it("is limited by a rule to repositories, among which is all that the request touches", async () => {
    const source = app();
    const limits = { repositories: ["app", "lib"] };
    await read(source, { limits, repositories: ["App"] });
    expect(github.minted.map(({ asked }) => asked)).toEqual([{ repositories: ["app", "lib"] }]);
    expect(await read(source, { limits, repositories: ["other"] })).toMatch(/does not give it/);
    expect(github.minted).toHaveLength(1);
  });

  it("renews ten minutes before the end, behind the requests' backs, once", async () => {
    const source = app();
    await read(source);
    clock.advance(50 * 60_000);
    expect(await Promise.all([read(source), read(source)])).toEqual(["ghs_minted0", "ghs_minted0"]);
    await expect.poll(() => read(source)).toBe("ghs_minted1");
    expect(github.minted).toHaveLength(2);
  });

  it("uses a token to within a minute of its end while GitHub is down, and none after", async () => {
    const source = app();
    await read(source);
    github.down = true;
    clock.advance(58 * 60_000);
    expect(await read(source)).toBe("ghs_minted0");
    clock.advance(60_000);
    expect(await read(source)).toBe("GitHub answered 502 to the App");
    github.down = false;
    clock.advance(2_000);
    expect(await read(source)).toBe("ghs_minted1");
  });

  it("fails no request while its key is replaced under load, the old one withdrawn at once", async () => {
    const dir = await mkdtemp(join(tmpdir(), "app-key-"));
    const path = join(dir, "key.pem");
    await writeFile(path, first.private, { mode: 0o600 });
    const source = app({}, privateFile(path, clock, parsePrivateKey));
    const answers: string[] = [];
    for (let minute = 0; minute < 180; minute++) {
      if (minute === 70) {
        github.keys = [second.public];
      }
      if (minute === 75) {
        await writeFile(`${path}.new`, second.private, { mode: 0o600 });
        await rename(`${path}.new`, path);
      }
      answers.push(...(await Promise.all(Array.from({ length: 5 }, () => read(source)))));
      clock.advance(60_000);
      // Renewals go on behind the requests' backs, over the network: a minute is long enough for one.
      await sleep(2);
    }
    expect(answers.filter((answer) => !answer.startsWith("ghs_minted"))).toEqual([]);
    expect(github.minted.length).toBeGreaterThan(2);
    await rm(dir, { recursive: true });
  });

  it("says what is wrong with a key without a word of it", async () => {
    expect(parsePrivateKey("-----BEGIN X-----")).toEqual({
      ok: false,
      error: "it is not a private key in PEM form",
    });
    const { privateKey } = generateKeyPairSync("ed25519");
    const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    expect(parsePrivateKey(pem)).toEqual({ ok: false, error: "it is not an RSA key" });
    github.keys = [];
    expect(await read(app())).toBe("GitHub answered 401 to the App");
  });
});
