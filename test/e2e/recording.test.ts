import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { plantedSecret } from "../../src/demo/secret.ts";
import { ocsfProblems } from "../contract/audit/ocsf/check.ts";
import { cloneApp } from "../support/app-clone.ts";
import { keepPicture, launchBrowser, signIn } from "../support/browser.ts";
import { run } from "../support/clients.ts";
import { copilot, copilotArguments, copilotEnvironment } from "../support/copilot.ts";
import { newSession } from "../support/session.ts";
import { type Stack, startStack } from "../support/stack.ts";

/** A Copilot run and a push, recorded through a real Envoy, and then replayed and taken away in every form. */
const policy = `rules:
  - id: models
    when: { operation: model.call }
    then: [ { inject: {} }, { record: {} } ]
  - id: pushing
    when: { operation: push, attributes: { ref: "refs/heads/topic/**" } }
    then: [ { inject: {} }, { record: {} } ]
  - id: writing
    when: { operation: issue.write }
    then: [ { inject: {} }, { record: {} } ]
  - id: reading
    when: { access: read }
    then: [ { mask: {} }, { inject: {} }, { record: {} } ]
otherwise: [ { deny: { reason: "No rule allows this." } }, { record: {} } ]
`;

const main = join(import.meta.dirname, "../../src/main.ts");
const recordings = { viewers: ["group:auditors"] };
// A secret of the client's own, which no policy here masks.
const clientSecret = `gh${"p"}_${"Zk3vQ9xT7bN2mW5rY8cL1dF4gH6jS0aP2eUu"}`;

let stack: Stack;
let token: string;
let home: string;

beforeAll(async () => {
  stack = await startStack({ policy, config: { recording: recordings } });
  home = await mkdtemp(join(tmpdir(), "recorded-home-"));
  token = await newSession(stack);
}, 120_000);
afterAll(async () => {
  await stack?.stop();
  if (home !== undefined) await rm(home, { recursive: true, force: true });
});

function sallyport(...args: readonly string[]) {
  const env = { PATH: process.env["PATH"] ?? "", HOME: home };
  return run(process.execPath, [main, ...args, "--config", "sallyport.yaml"], {
    cwd: stack.folder.path,
    env,
  });
}

const auditor = (path: string, body?: object) => stack.person("audrey", ["auditors"])(path, body);

interface Listed {
  readonly session: string;
  readonly exchanges: number;
  readonly operations: readonly string[];
  readonly masks: Readonly<Record<string, number>>;
}

/** Ticks Live, and waits until the gateway tells what happens. */
async function lookOn(page: Page): Promise<void> {
  const tail = page.waitForResponse((response) => response.url().endsWith("/tail"));
  await page.getByLabel("Live").check();
  await tail;
}

test.skipIf(!existsSync(copilot))(
  "a Copilot CLI run of two turns with a tool call, and a git push, are recorded and replayed",
  async () => {
    const env = copilotEnvironment(stack, token);
    const prompt = `Run the command \`echo sallyport-was-here\`. Mine is ${clientSecret}.`;
    const args = copilotArguments(prompt);
    expect(await run(copilot, args, { cwd: home, env })).toMatchObject({ code: 0 });

    const git = await cloneApp(stack);
    await writeFile(join(stack.folder.path, "app", "secret.env"), `TOKEN=${clientSecret}\n`);
    await git.run("-C", "app", "add", ".");
    await git.run("-C", "app", "commit", "-qm", "Add a file");
    await git.run("-C", "app", "push", "-q", "origin", "HEAD:refs/heads/topic/one");
    await stack.ask("/api/v3/repos/acme/app/contents/.env");
    await stack.ask("/api/v3/repos/acme/app", { method: "DELETE" });

    const listed = JSON.parse((await auditor("/api/v1/sessions")).text) as { sessions: Listed[] };
    const operations = listed.sessions.flatMap((session) => session.operations);
    expect(operations).toEqual(expect.arrayContaining(["model.call", "push", "repository.delete"]));
    const session = listed.sessions.find((one) => one.operations.includes("model.call"));
    const pushed = listed.sessions.find((one) => one.operations.includes("push"));
    if (session === undefined || pushed === undefined) throw new Error("not recorded");

    // Others may not look, and those who may are on record.
    const stranger = stack.person("mallory", ["others"]);
    expect((await stranger("/api/v1/sessions")).status).toBe(403);
    expect((await stranger(`/api/v1/sessions/${session.session}`)).status).toBe(403);
    expect((await auditor(`/api/v1/sessions/${session.session}`)).status).toBe(200);
    await expect.poll(() => stack.stdout()).toContain('"action":"recording.view"');

    const stories = await auditor(`/api/v1/sessions/${session.session}/stories?limit=20`);
    const told = JSON.parse(stories.text) as {
      stories: { said: { role: string; part: { kind: string; name?: string; text?: string } }[] }[];
    };
    const said = told.stories.flatMap((story) => story.said);
    const calls = said.filter(({ part }) => part.kind === "toolCall");
    expect(calls.some(({ part }) => part.name === "bash")).toBe(true);
    expect(
      said.some(
        ({ part }) => part.kind === "toolResult" && part.text?.includes("sallyport-was-here"),
      ),
    ).toBe(true);
    expect(
      said.filter(({ part }) => part.kind === "text" && part.text?.includes("[REDACTED:")),
    ).not.toEqual([]);

    const replayed = await sallyport("sessions", "replay", session.session, "--speed", "max");
    expect(replayed).toMatchObject({ code: 0 });
    expect(replayed.stdout).toContain("echo sallyport-was-here");
    expect(replayed.stdout).toContain("decided: allow");
    const push = await sallyport("sessions", "replay", pushed.session, "--speed", "max");
    expect(push.stdout).toContain("push on github.com/acme/app");
    expect(push.stdout).toContain("refs/heads/topic/one");
    expect(push.stdout).toContain("decided: deny");

    await exportAll(session.session, pushed.session);
    await watch(session.session, pushed.session);
    await nothingIsThere([clientSecret, plantedSecret, stack.credential]);
  },
  180_000,
);

/** Every form of both sessions: twice the same bytes, HAR and OCSF valid, no secret in any. */
async function exportAll(...sessions: readonly string[]): Promise<void> {
  const load = createRequire(import.meta.url);
  const validator = load("har-validator/lib/promise") as { har(value: unknown): Promise<unknown> };
  for (const session of sessions)
    for (const format of ["har", "jsonl", "markdown", "ocsf", "html"]) {
      const once = await sallyport("sessions", "export", session, "--format", format);
      expect(once).toMatchObject({ code: 0 });
      const again = await auditor(`/api/v1/sessions/${session}/recording?format=${format}`);
      expect(again.text).toBe(once.stdout);
      for (const secret of [clientSecret, plantedSecret, stack.credential])
        expect(once.stdout).not.toContain(secret);
      if (format === "har") await validator.har(JSON.parse(once.stdout));
      if (format === "ocsf")
        for (const line of once.stdout.trim().split("\n"))
          expect(ocsfProblems(JSON.parse(line))).toEqual([]);
      await writeFile(join(home, `${session}.${format}`), once.stdout);
    }
}

/** The player in a real browser, as an auditor sees it. */
async function watch(session: string, pushed: string): Promise<void> {
  const browser = await launchBrowser();
  try {
    const errors: string[] = [];
    const context = await browser.newContext();
    const iss = `${stack.issuer.url}/people`;
    const claims = {
      iss,
      aud: "sallyport-approvals",
      sub: "audrey",
      actor: "audrey",
      actor_id: "audrey",
    };
    const person = await stack.issuer.token({ ...claims, groups: ["auditors"] });
    const page = await signIn(context, stack.api, person);
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(message.text());
    });
    await page.getByRole("link", { name: "Sessions" }).click();
    await page.locator(".lines li").first().waitFor();
    await keepPicture(page, "sessions");
    await page.goto(`${stack.api}/sessions/${session}`);
    await page.locator(".said.toolCall").first().waitFor();
    await keepPicture(page, "session-copilot");
    await page.getByRole("button", { name: "Next finding" }).click();
    await page.locator("li.here").waitFor();
    await page.getByLabel("Find").fill("sallyport-was-here");
    await page.getByLabel("Find").press("Enter");
    await page.locator("li.here").waitFor();
    await page.getByRole("button", { name: "Play" }).click();
    await page.getByRole("button", { name: "Play" }).waitFor();
    await page.goto(`${stack.api}/sessions/${pushed}`);
    await page.getByText("push on github.com/acme/app").first().waitFor();
    await keepPicture(page, "session-push");

    // A running session, live: what is asked now appears without a reload.
    await lookOn(page);
    await stack.ask("/api/v3/repos/acme/app/issues", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ title: "seen live" }),
    });
    await page.getByText("seen live").first().waitFor();
    // Once it is over, it is told as the conversation that it was.
    await stack.ask("/copilot/chat/completions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: "gpt-demo",
        messages: [{ role: "user", content: "asked while somebody looked on" }],
      }),
    });
    await page.locator(".said.user", { hasText: "asked while somebody looked on" }).waitFor();
    await page.locator("li:last-child .said.assistant").waitFor();
    await keepPicture(page, "session-live");

    // What comes live before all was loaded stays last, and nothing in between is passed over or shown twice.
    for (let asked = 0; asked < 120; asked++) await stack.ask("/api/v3/user");
    await page.reload();
    await page.locator("#more").waitFor();
    await lookOn(page);
    const last = await stack.ask("/api/v3/repos/acme/app/issues");
    const id = String(last.headers["x-sallyport-record"]);
    await page.locator(`[id="${id}"]`).waitFor();
    const more = page.locator("#more");
    const left = async () => {
      // It may go before it is clicked, with what the click before it brought.
      if (await more.isVisible()) await more.click({ timeout: 2_000 }).catch(() => undefined);
      return more.isVisible();
    };
    await expect.poll(left, { timeout: 30_000 }).toBe(false);
    const told = await page.locator("#story > li").evaluateAll((items) => items.map((i) => i.id));
    expect(new Set(told).size).toBe(told.length);
    expect([told.length > 120, told.at(-1)]).toEqual([true, id]);
    expect(errors).toEqual([]);
  } finally {
    await browser.close();
  }
}

/** No file of the gateway's holds any of them, as it lies there. */
async function nothingIsThere(secrets: readonly string[]): Promise<void> {
  const data = join(stack.folder.path, "data");
  for (const name of await readdir(data, { recursive: true, withFileTypes: true })) {
    if (!name.isFile()) continue;
    const bytes = await readFile(join(name.parentPath, name.name));
    for (const secret of secrets)
      expect([name.name, bytes.includes(secret)]).toEqual([name.name, false]);
  }
}
