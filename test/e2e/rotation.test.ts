import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { ask } from "../../src/demo/ask.ts";
import { type Folder, temporaryFolder } from "../support/folder.ts";
import { listenLocally } from "../support/ports.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { GithubServer } from "../unit/credentials/github-server.ts";

/** Keys and credentials change while clients ask without pause, through a real Envoy, and no request fails. */
const policy = `rules:
  - id: repositories
    when: { resource: "github.com/**", access: read }
    then: [ { inject: { credential: app } } ]
  - id: reading
    when: { access: read }
    then: [ { inject: {} } ]
otherwise: [ { deny: { reason: "No rule allows this." } } ]
`;

/** GitHub's API as far as credentials go: it knows those it is told, and the tokens that its App was given. */
class Upstream {
  readonly #server: Server;
  readonly accepted = new Set<string>();
  minted: GithubServer["minted"] = [];
  constructor() {
    this.#server = createServer((request, response) => {
      const [, shown = ""] = (request.headers.authorization ?? "").split(" ");
      const [, name = ""] = /^\/repos\/acme\/([\w-]+)$/.exec(request.url ?? "") ?? [];
      const good = name === "" ? this.accepted.has(shown) : this.#reaches(shown, name);
      response.writeHead(good ? 200 : 401, { "content-type": "application/json" }).end("{}");
    });
  }
  /** Whether that token was minted for that repository, to read it. */
  #reaches(token: string, repository: string): boolean {
    const asked = this.minted.find((each) => each.token === token)?.asked;
    return JSON.stringify(asked) === wanted(repository);
  }
  async listen(): Promise<string> {
    return `http://127.0.0.1:${await listenLocally(this.#server)}`;
  }
  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
const wanted = (repository: string) =>
  JSON.stringify({ permissions: { contents: "read" }, repositories: [repository] });

const upstream = new Upstream();
let folder: Folder;
let github: GithubServer;
let stack: Stack;
let ca: string;

/** Puts a new App key in the place of the old one. */
async function newAppKey(): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs1", format: "pem" }).toString();
  // GitHub is told first, as its settings page has it.
  github.keys.push(publicKey.export({ type: "spki", format: "pem" }).toString());
  await replace(join(folder.path, "app.pem"), pem);
}
async function replace(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

beforeAll(async () => {
  folder = await temporaryFolder();
  github = await GithubServer.start(systemClock);
  upstream.minted = github.minted;
  await newAppKey();
  const url = await upstream.listen();
  const { host } = new URL(url);
  const app = {
    appId: "7",
    key: `file:${join(folder.path, "app.pem")}`,
    installation: "42",
    permissions: { contents: "write" },
    api: github.api.href,
  };
  stack = await startStack({
    policy,
    config: {
      credentials: [
        { name: "api", source: { file: "./credential" }, scheme: "token" },
        { name: "app", source: { githubApp: app }, scheme: "token", hosts: [host] },
      ],
      connections: [
        {
          name: "api",
          kind: "github-api",
          hosts: ["api.github.com"],
          upstream: url,
          credential: "api",
        },
      ],
    },
  });
  upstream.accepted.add(stack.credential);
  ca = readFileSync(stack.ca, "utf8");
}, 120_000);
afterAll(async () => {
  await stack?.stop();
  await github?.stop();
  upstream.close();
  await folder?.remove();
});

/** Asks without pause while `change` happens, and counts the statuses; `settled`: all that is under way now is over. */
async function underLoad(
  path: (index: number) => string,
  change: (settled: () => Promise<unknown>) => Promise<unknown>,
): Promise<Record<number, number>> {
  const seen: Record<number, number> = {};
  let asked = 0;
  let done = false;
  const underWay = new Set<Promise<unknown>>();
  const load = async () => {
    while (!done) {
      asked += 1;
      // A token of its own each time, as a job has that fetches one for each step.
      const authorization = `Bearer ${await stack.issuer.token()}`;
      const answer = ask(stack.proxy + path(asked), { ca, headers: { authorization } });
      underWay.add(answer);
      const { status } = await answer;
      underWay.delete(answer);
      seen[status] = (seen[status] ?? 0) + 1;
    }
  };
  const running = [load(), load(), load(), load()];
  const more = (count: number) =>
    expect.poll(() => asked, { timeout: 60_000 }).toBeGreaterThan(count);
  await more(30);
  await change(() => Promise.all(underWay));
  await more(asked + 60);
  done = true;
  await Promise.all(running);
  return seen;
}

test("the issuer's key is replaced from one moment to the next", async () => {
  const seen = await underLoad(
    () => "/api/v3/user",
    () => stack.issuer.rotate(),
  );
  expect(Object.keys(seen)).toEqual(["200"]);
}, 120_000);

test("a credential's file is replaced", async () => {
  const next = `next-credential-${crypto.randomUUID()}`;
  const seen = await underLoad(
    () => "/api/v3/user",
    async () => {
      upstream.accepted.add(next);
      await replace(join(stack.folder.path, "credential"), next);
    },
  );
  expect(Object.keys(seen)).toEqual(["200"]);
  // From now on the old one opens nothing.
  upstream.accepted.delete(stack.credential);
  expect((await stack.ask("/api/v3/user")).status).toBe(200);
}, 120_000);

test("a GitHub App's key is replaced while tokens are minted, each for one repository and to read it", async () => {
  const before = github.minted.length;
  const seen = await underLoad(
    (index) => `/api/v3/repos/acme/r${index}`,
    async (settled) => {
      await newAppKey();
      // With these the old key has signed for the last time.
      await settled();
      const minted = github.minted.length;
      await expect
        .poll(() => github.minted.length, { timeout: 30_000 })
        .toBeGreaterThan(minted + 8);
      github.keys.shift();
    },
  );
  expect(Object.keys(seen)).toEqual(["200"]);
  expect(github.refused).toBe(0);
  expect(github.minted.length - before).toBeGreaterThan(40);
  expect(JSON.stringify(github.minted.at(-1)?.asked)).toMatch(/"contents":"read".*"r\d+"/);
}, 120_000);
