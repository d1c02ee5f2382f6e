import { existsSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask } from "../../src/demo/ask.ts";
import { fakeToken } from "../../src/demo/secret.ts";
import { keepPicture, launchBrowser, signInAs } from "../support/browser.ts";
import { type Access, Git, ghEnvironment, start } from "../support/clients.ts";
import { copilot, copilotArguments, copilotEnvironment } from "../support/copilot.ts";
import { type Sdks, startSdks } from "../support/sdks.ts";
import { type ServeStack, startServeStack } from "../support/serve-stack.ts";
import { newSession } from "../support/session.ts";

/**
 * Real clients, held behind a real Envoy; a person signs in at their identity provider, in a real browser, through the
 * same Envoy, and decides. What the client does next is what its user sees.
 */
const approve = '{ approve: { by: "group:maintainers", hold: 2m, within: 2m } }, { inject: {} }';
const soon = '{ approve: { by: "group:maintainers", hold: 1m, within: 2s } }, { inject: {} }';
const policy = `rules:
  - id: push-soon
    when: { operation: push, attributes: { ref: refs/heads/soon } }
    then: [ ${soon} ]
  - id: repository-soon
    when: { operation: repository.create, resource: github.com/acme/soon }
    then: [ ${soon} ]
  - id: model-soon
    when: { operation: model.call, principal: { environment: soon } }
    then: [ ${soon} ]
  - id: a-person-decides
    when: { operation: [push, repository.create, contents.write, model.call] }
    then: [ ${approve} ]
  - id: reading
    when: { access: read }
    then: [ { inject: {} } ]
otherwise: [ { deny: { reason: "No rule allows this." } } ]
`;

let stack: ServeStack;
let browser: Browser;
let context: BrowserContext;
let inbox: Page;
let access: Access;
let sdks: Sdks;
let git: Git;

beforeAll(async () => {
  stack = await startServeStack({
    policy,
    config: { approvals: { signIn: { issuer: "people", clientId: "sallyport-approvals" } } },
  });
  // The token of a run that lasts longer than this file does.
  access = await stack.access({ exp: Math.floor(Date.now() / 1000) + 3000 });
  git = new Git(stack.folder.path, access);
  await git.run("clone", "-q", `${stack.proxy}/acme/app.git`, "app");
  sdks = startSdks(stack);
  browser = await launchBrowser();
  context = await browser.newContext({ ignoreHTTPSErrors: true });
  inbox = await signInAs(context, stack.proxy, "alice", "maintainers");
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await sdks?.stop();
  await stack?.stop();
});

type Fate = "approved" | "denied" | "expired";

interface Client {
  /** Asks for something that a person must decide; resolves with how it ended and what it said. */
  ask(name: string): Promise<{ readonly ok: boolean; readonly said: string }>;
  /** What the request is called in the inbox. */
  readonly operation: RegExp;
  /** A line of the upstream's log that shows that it got there; `hello`: how many such lines each client leaves before. */
  readonly arrived: RegExp;
  readonly hello: number;
}

async function ended(...args: Parameters<typeof start>) {
  const { code, stdout, stderr } = await start(...args).ended;
  return { ok: code === 0, said: stdout + stderr };
}

const clients: Readonly<Record<string, Client>> = {
  git: {
    operation: /push on github.com\/acme\/app/,
    arrived: /^POST \/acme\/app\.git\/git-receive-pack/,
    hello: 0,
    ask: async (name) => {
      await writeFile(join(stack.folder.path, "app", `${name}.txt`), `${name}\n`);
      await git.run("-C", "app", "add", ".");
      await git.run("-C", "app", "commit", "-qm", name);
      const pushed = await git.start("-C", "app", "push", "origin", `HEAD:refs/heads/${name}`)
        .ended;
      return { ok: pushed.code === 0, said: pushed.stdout + pushed.stderr };
    },
  },
  gh: {
    operation: /repository\.create/,
    arrived: /^POST \/(orgs\/acme\/repos|graphql)/,
    hello: 0,
    ask: async (name) => {
      const home = join(stack.folder.path, "gh");
      await mkdir(home, { recursive: true });
      const args = ["api", "-X", "POST", "orgs/acme/repos", "-f", `name=${name}`];
      return ended("gh", args, { cwd: home, env: ghEnvironment(access) });
    },
  },
  "MCP SDK": {
    operation: /repository\.create/,
    arrived: /^POST \/mcp/,
    // `initialize` and `notifications/initialized`.
    hello: 2,
    ask: async (name) => {
      const { token = "" } = access;
      const unique = name === "soon" ? name : `${name}-by-tool`;
      const args = { name: unique, organization: "acme", private: true };
      const answer = await sdks.call({
        ask: { kind: "mcp", tool: "create_repository", arguments: args },
        token,
      });
      return { ok: answer.ok, said: JSON.stringify(answer) };
    },
  },
  "Copilot CLI": {
    operation: /model\.call/,
    arrived: /^POST \/(chat\/completions|responses|v1\/messages)/,
    hello: 0,
    ask: async (name) => {
      const home = join(stack.folder.path, `copilot-${name}`);
      await mkdir(home);
      const env = copilotEnvironment(stack, await newSession(stack, { environment: name }));
      const args = copilotArguments(`Say ${name}.`);
      return ended(copilot, args, { cwd: home, env });
    },
  },
};

/** Opens what waits, by the link that the inbox has grown by itself, and says yes or no. */
async function decide({ operation }: Client, fate: Fate, picture: string): Promise<void> {
  await inbox.getByRole("link", { name: operation }).first().click();
  await inbox.locator("strong.state.pending").waitFor();
  await inbox.getByLabel("Reason").fill(`It is ${fate} in the browser.`);
  await keepPicture(inbox, `${picture}-asked`);
  await inbox.getByRole("button", { name: fate === "approved" ? "Approve" : "Deny" }).click();
  await inbox.getByText(`It is ${fate} in the browser.`).waitFor();
  await keepPicture(inbox, `${picture}-${fate}`);
  await inbox.getByRole("link", { name: "Inbox" }).click();
}

/** Requests of this kind that reached the upstream since, the client's greetings left out. */
function arrivals({ arrived, hello }: Client, since: number): number {
  const found = stack.upstream.log
    .slice(since)
    .filter(({ method, path }) => arrived.test(`${method} ${path}`)).length;
  return found - hello;
}

describe.each(Object.entries(clients))("%s", (name, client) => {
  const picture = name.toLowerCase().replaceAll(" ", "-");
  const missing = name === "Copilot CLI" && !existsSync(copilot);

  test.skipIf(missing)(
    "waits, is approved in the browser, and completes",
    async () => {
      const since = stack.upstream.log.length;
      const asked = client.ask("wanted");
      await decide(client, "approved", picture);
      const { ok, said } = await asked;
      expect(said).not.toContain("credential-of-the-test");
      expect(ok, said).toBe(true);
      expect(arrivals(client, since)).toBe(1);
    },
    90_000,
  );

  test.skipIf(missing)(
    "waits, is denied, and says so to its user",
    async () => {
      const since = stack.upstream.log.length;
      const asked = client.ask("unwanted");
      await decide(client, "denied", picture);
      const { ok, said } = await asked;
      expect(ok).toBe(false);
      expect(said).toMatch(/denied by a person[\s\S]*It is denied in the browser/);
      expect(arrivals(client, since)).toBe(0);
    },
    90_000,
  );

  test.skipIf(missing)(
    "waits until nobody has answered in time, and says so to its user",
    async () => {
      const since = stack.upstream.log.length;
      const { ok, said } = await client.ask("soon");
      expect(ok).toBe(false);
      expect(said).toMatch(/expired before it was decided/);
      expect(arrivals(client, since)).toBe(0);
      // Until the inbox has heard of it, the next client's request would be taken for this one.
      const left = inbox.getByRole("link", { name: client.operation });
      await expect.poll(() => left.count(), { timeout: 20_000 }).toBe(0);
    },
    90_000,
  );
});

describe("what changes is shown before anybody decides", () => {
  test("of a push: each file's lines, before and after, as text and masked", async () => {
    const file = join(stack.folder.path, "app", "README.md");
    const secret = fakeToken(`${"gh"}p_`, "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ");
    const old = readFileSync(file, "utf8");
    await writeFile(file, `${old}<script>document.title = "taken"</script>\ntoken ${secret}\n`);
    await git.run("-C", "app", "commit", "-qam", "diff");
    const push = git.start("-C", "app", "push", "origin", "HEAD:refs/heads/diff");
    await inbox
      .getByRole("link", { name: /push on github.com/ })
      .first()
      .click();
    const diff = inbox.getByRole("region", { name: "Changes to README.md, masked" });
    await diff.waitFor();
    const added = await diff.locator("ins").allInnerTexts();
    expect(added[0]).toBe('+<script>document.title = "taken"</script>');
    expect(added[1]).toMatch(/^\+token \w*\[REDACTED:/);
    expect(await inbox.title()).not.toBe("taken");
    expect(await inbox.content()).not.toContain(secret);
    await keepPicture(inbox, "diff-of-a-push");
    await inbox.getByLabel("Reason").fill("Seen.");
    await inbox.getByRole("button", { name: "Deny" }).click();
    await inbox.getByText("Seen.").waitFor();
    expect((await push.ended).code).not.toBe(0);
    await inbox.getByRole("link", { name: "Inbox" }).click();
  }, 60_000);

  test("of a file that a tool writes, and of one that the contents API replaces", async () => {
    const { token = "" } = access;
    const place = { owner: "acme", repo: "app", branch: "main", message: "m" };
    const files = [{ path: "docs/by-tool.md", content: "first\n<b>second</b>\n" }];
    const calling = sdks.call({
      ask: { kind: "mcp", tool: "push_files", arguments: { ...place, files } },
      token,
    });
    await inbox
      .getByRole("link", { name: /contents\.write/ })
      .first()
      .click();
    const written = inbox.getByRole("region", { name: "Changes to docs/by-tool.md, masked" });
    await written.waitFor();
    expect(await written.locator("ins").allInnerTexts()).toEqual(["+first", "+<b>second</b>"]);
    await inbox.getByLabel("Reason").fill("Not by tool.");
    await inbox.getByRole("button", { name: "Deny" }).click();
    await inbox.getByText("Not by tool.").waitFor();
    expect((await calling).ok).toBe(false);
    await inbox.getByRole("link", { name: "Inbox" }).click();

    const putting = ask(`${stack.proxy}/api/v3/repos/acme/app/contents/README.md`, {
      method: "PUT",
      ca: readFileSync(stack.ca, "utf8"),
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ message: "m", content: Buffer.from("all new\n").toString("base64") }),
    });
    await inbox
      .getByRole("link", { name: /contents\.write/ })
      .first()
      .click();
    const replaced = inbox.getByRole("region", { name: "Changes to README.md, masked" });
    await replaced.waitFor();
    expect(await replaced.locator("ins").allInnerTexts()).toEqual(["+all new"]);
    expect((await replaced.locator("del").allInnerTexts()).length).toBeGreaterThan(0);
    await keepPicture(inbox, "diff-of-a-file");
    await inbox.getByLabel("Reason").fill("Not all of it.");
    await inbox.getByRole("button", { name: "Deny" }).click();
    await inbox.getByText("Not all of it.").waitFor();
    expect((await putting).status).toBe(403);
  }, 60_000);
});
