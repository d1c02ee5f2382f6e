import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AttributedLines, CommitProvenance } from "../../../src/provenance/answer.ts";
import { keepPicture, launchBrowser, signIn } from "../../support/browser.ts";
import { type Folder, temporaryFolder } from "../../support/folder.ts";
import { type Served, serveConsole } from "./served.ts";

/** The page of a commit in Chromium: what is told of its lines, to whom, and that nothing in it becomes markup. */
const hostile = `"><img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
const session = "ses_J37X0gDZ7d5tRY594ImlAA";
const record = "0199c2a0-7d3e-7000-8000-000000000001";
const at = Date.UTC(2026, 10, 29, 12);
const suggestion = {
  ...{ record, index: 0, session, at, principal: "ci:rita", actor: "rita", turn: 2 },
  ...{ model: "gpt-5", tool: "create" },
};
const lines = (from: number, to: number, more: Partial<AttributedLines> = {}): AttributedLines => ({
  ...{ from, to, evidence: "exact", containment: 1, channel: "blob", suggestion },
  ...more,
});
const commit: CommitProvenance = {
  commit: "1".repeat(40),
  repository: "github.com/acme/app",
  seen: [
    { kind: "push", record: record.replace("1", "2"), session, principal: "people:otto", at },
    { kind: "attested", session, principal: "ci:rita", actor: "rita", at },
  ],
  evidence: "exact",
  why: "A file is byte for byte what a tool call of the same run wrote (24 lines attributed).",
  added: 58,
  files: [
    { path: "src/means.ts", added: 18, lines: [lines(1, 18)] },
    {
      path: "lib/average of all.ts",
      added: 30,
      lines: [
        lines(4, 4, { evidence: "partial", channel: "exact", containment: 0.31 }),
        lines(9, 13, { evidence: "strong", channel: "abstract", containment: 0.8 }),
      ],
    },
    { path: "README.md", added: 10, lines: [] },
  ],
  claims: [
    { trailer: "Assisted-by", value: "Copilot:gpt-5", verdict: "seen" },
    { trailer: "Assisted-by", value: "Other:claude", verdict: "contradicted" },
  ],
  compared: 41,
  base: "whole",
};
const evil: CommitProvenance = {
  ...commit,
  commit: "2".repeat(40),
  seen: [{ kind: "api", session: hostile, principal: hostile, record: hostile, at }],
  evidence: "partial",
  why: hostile,
  files: [
    {
      path: `../../${hostile}\u202egnp.exe`,
      added: 3,
      lines: [
        lines(1, 3, {
          evidence: "partial",
          suggestion: {
            ...suggestion,
            session: "ses_another",
            model: hostile,
            tool: hostile,
            actor: hostile,
          },
        }),
      ],
    },
  ],
  claims: [{ trailer: "Assisted-by", value: hostile, verdict: "not seen" }],
};

let browser: Browser;
let folder: Folder;
let console_: Served;

beforeAll(async () => {
  browser = await launchBrowser();
  folder = await temporaryFolder();
  console_ = await serveConsole(folder.path, []);
  for (const one of [commit, evil]) await console_.commits.saveCommit(one);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await console_?.served.close();
  await console_?.house.end();
  await folder?.remove();
});

async function as(
  name: string,
  options: Parameters<Browser["newContext"]>[0] = {},
): Promise<readonly [BrowserContext, Page]> {
  const context = await browser.newContext(options);
  return [context, await signIn(context, console_.served.url, name)];
}

test("tells each file's lines with model, person, evidence and the way to the replay", async () => {
  const [context, page] = await as("ann");
  await page.goto(`${console_.served.url}commits/${commit.commit}`);
  const file = page.locator("section.file", { hasText: "src/means.ts" });
  await file.getByText("lines 1–18").waitFor();
  expect(await file.locator(".rung").textContent()).toBe("exact");
  expect(await file.getByText("gpt-5, by the tool create").count()).toBe(1);
  expect(await file.getByText("rita, turn 2").count()).toBe(1);
  const replay = file.getByRole("link", { name: new RegExp(record) });
  expect(await replay.getAttribute("href")).toBe(`/sessions/${session}#${record}`);
  const other = page.locator("section.file", { hasText: "average of all" });
  expect(await other.locator(".rung").allTextContents()).toEqual(["partial", "strong"]);
  expect(await other.getByText("80 % of the suggestion, by its shape").count()).toBe(1);
  const place = other.getByRole("link", { name: "lines 9–13" });
  const there = `https://github.com/acme/app/blob/${commit.commit}/lib/average%20of%20all.ts#L9-L13`;
  expect(await place.getAttribute("href")).toBe(there);
  const readme = page.locator("section.file", { hasText: "README.md" });
  expect(await readme.getByText("none of the suggestions is in them").count()).toBe(1);
  expect(await page.locator(".claim").allTextContents()).toEqual(["seen", "contradicted"]);
  expect(await page.getByText("told of by a job by rita").count()).toBe(1);
  const met = page.getByText(`github-token of ${session}: seen 1, masked 1, refused 0`);
  expect(await met.count()).toBe(1);
  await keepPicture(page, "commit");
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "The signed statement" }).click();
  expect((await download).suggestedFilename()).toBe(`${commit.commit}.dsse.json`);
  await context.close();
});

test("is worked by keyboard alone, and on a phone", async () => {
  const [context, page] = await as("ann", { viewport: { width: 360, height: 740 } });
  await page.getByRole("link", { name: "Commits" }).focus();
  await page.keyboard.press("Enter");
  await page.getByLabel("A commit's id, or a session's").focus();
  await page.keyboard.type(session);
  await page.keyboard.press("Enter");
  await page.getByText("1 commit", { exact: true }).waitFor();
  await keepPicture(page, "commits-phone");
  const link = page.getByRole("link", { name: /111111111111/ });
  await link.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: /Commit 111111111111/ }).waitFor();
  const wide = await page.evaluate<number>("document.documentElement.scrollWidth");
  expect(wide).toBeLessThanOrEqual(360);
  await keepPicture(page, "commit-phone");
  await context.close();
});

test("whatever a commit holds is text", async () => {
  const [context, page] = await as("ann", { colorScheme: "dark" });
  const problems: string[] = [];
  page.on("console", (message) => problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(error.message));
  await page.goto(`${console_.served.url}commits/${evil.commit}`);
  const shown = (await page.locator("main").textContent()) ?? "";
  expect(shown.split("<script>").length).toBeGreaterThan(6);
  expect(shown).toContain("<U+202E>gnp.exe");
  expect(await page.locator("main img, main script").count()).toBe(0);
  for (const link of await page.locator("main a").all()) {
    const href = (await link.getAttribute("href")) ?? "";
    expect(href).toMatch(/^(https:\/\/github\.com\/acme\/app\/|\/sessions\/|\/commits\/)[^"<>]*$/);
  }
  expect(await page.title()).not.toContain("owned");
  await keepPicture(page, "commit-hostile");
  await page.goto(`${console_.served.url}commits?of=${encodeURIComponent(hostile)}`);
  expect(await page.locator("main img, main script").count()).toBe(0);
  expect(problems).toEqual([]);
  await context.close();
});

test("whoever may not read of a commit learns no more than that of one that there is not", async () => {
  const [context, page] = await as("otto");
  const answers: string[] = [];
  for (const id of [commit.commit, "3".repeat(40)]) {
    const answer = await page.goto(`${console_.served.url}commits/${id}`);
    expect(answer?.status()).toBe(404);
    answers.push((await page.locator("main").textContent()) ?? "");
  }
  expect(answers[0]).toBe(answers[1]);
  await context.close();
});
