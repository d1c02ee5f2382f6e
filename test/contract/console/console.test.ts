import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ApprovalId } from "../../../src/core/ids.ts";
import type { Intent } from "../../../src/core/record.ts";
import { keepPicture, launchBrowser, signIn } from "../../support/browser.ts";
import { type Folder, temporaryFolder } from "../../support/folder.ts";
import { type House, someFacts, someone } from "../../unit/approvals/house.ts";
import { serveConsole } from "./served.ts";

const never = new AbortController().signal;
const hostile = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;

describe("the console in Chromium", () => {
  let browser: Browser;
  let folder: Folder;
  let house: House;
  let served: { readonly url: string; close(): Promise<void> };
  let intents: Intent[];
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    folder = await temporaryFolder();
    intents = [];
    ({ house, served } = await serveConsole(folder.path, intents));
  });
  afterEach(async () => {
    await served.close();
    await house.end();
    await folder.remove();
  });

  const stateOf = async (id: ApprovalId) => (await house.approvals.get(id))?.standing.state;

  test("a request that is parked shows by itself, is approved with a reason, and goes through", async () => {
    const context = await browser.newContext();
    const page = await signIn(context, served.url, "ann");
    await page.getByText("Nothing waits for you.").waitFor();
    const parking = await house.park(someFacts({ principal: someone("rita") }));
    const settled = parking.settle(never);
    await page.getByText("1 request waits.").waitFor();
    await keepPicture(page, "inbox");
    await page.getByRole("link", { name: /repository.create on github.com\/acme\/new/ }).click();
    await page.getByText('{"name":"new"}').waitFor();
    await keepPicture(page, "detail-pending");
    await page.getByLabel("Reason").fill("Agreed in the meeting.");
    await page.getByRole("button", { name: "Approve" }).click();
    await page.getByText("Agreed in the meeting.").waitFor();
    expect(await settled).toMatchObject({ kind: "proceed" });
    await page.goto(`${served.url}approvals/${parking.approval}`);
    await page.locator("strong.state.consumed").first().waitFor();
    await keepPicture(page, "detail-consumed");
    expect(intents.map(({ operations }) => operations[0]?.name)).toContain("approvals.decide");
    await context.close();
  });

  test("is worked by keyboard alone, and on a phone", async () => {
    const { approval } = await house.park(someFacts());
    const context = await browser.newContext({ viewport: { width: 360, height: 740 } });
    const page = await signIn(context, served.url, "ann");
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to content");
    const link = page.getByRole("link", { name: /repository.create/ });
    for (let i = 0; i < 12; i++) {
      if (await link.evaluate((node) => node === node.ownerDocument.activeElement)) break;
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Enter");
    await page.waitForURL(/approvals\/apr_/);
    const wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
    expect(wide).toBeLessThanOrEqual(0);
    await keepPicture(page, "detail-phone");
    const deny = page.getByRole("button", { name: "Deny" });
    for (let i = 0; i < 20; i++) {
      if (await deny.evaluate((node) => node === node.ownerDocument.activeElement)) break;
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Enter");
    await page.locator("strong.state.denied").first().waitFor();
    expect(await stateOf(approval)).toBe("denied");
    await context.close();
  });

  test("what a request contains is text, whatever it looks like", async () => {
    const operation = {
      protocol: "git",
      name: "push",
      access: "write",
      resource: `github.com/acme/${hostile}`,
      attributes: { message: hostile },
    } as const;
    const facts = someFacts({
      operation,
      body: `${hostile}\u202egnp.exe`,
      path: `/a?q=${hostile}`,
    });
    const { approval } = await house.park(facts);
    const context = await browser.newContext();
    const problems: string[] = [];
    const page = await signIn(context, served.url, "ann");
    page.on("console", (message) => problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(error.message));
    await house.park(someFacts({ operation, body: "another" }));
    await page.getByText("2 requests wait.").waitFor();
    expect(await page.title()).not.toContain("owned");
    await page.goto(`${served.url}approvals/${approval}`);
    const body = page.getByRole("region", { name: "Request body, masked" });
    expect(await body.textContent()).toContain("<script>");
    expect(await body.textContent()).toContain("<U+202E>gnp.exe");
    expect(await page.locator("main img, main script").count()).toBe(0);
    expect(await page.title()).not.toContain("owned");
    expect(problems).toEqual([]);
    await keepPicture(page, "detail-hostile");
    await context.close();
  });

  test("nobody decides on their own request, nor without a rule that names them", async () => {
    const { approval } = await house.park(someFacts({ principal: someone("rita") }));
    for (const name of ["rita", "otto"]) {
      const context = await browser.newContext();
      const page = await signIn(context, served.url, name);
      await page.goto(`${served.url}approvals/${approval}`);
      expect(await page.getByRole("button", { name: "Approve" }).count()).toBe(0);
      await context.close();
    }
  });

  test("a form of another site, an old form and a form of another session are refused", async () => {
    const { approval } = await house.park(someFacts());
    const context = await browser.newContext();
    const page = await signIn(context, served.url, "ann");
    await page.goto(`${served.url}approvals/${approval}`);
    const code = await page.locator('form.decide input[name="code"]').inputValue();
    const cookies = await context.cookies();
    expect(cookies).toMatchObject([{ httpOnly: true, sameSite: "Lax" }]);
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
    const post = (headers: Record<string, string>, fields: Record<string, string>) =>
      fetch(`${served.url}approvals/${approval}/decide`, {
        method: "POST",
        redirect: "manual",
        headers: { cookie, ...headers },
        body: new URLSearchParams({ verdict: "approve", ...fields }),
      }).then(({ status }) => status);
    const origin = new URL(served.url).origin;
    expect(await post({ "sec-fetch-site": "cross-site" }, { code })).toBe(403);
    expect(await post({ origin: "https://evil.example" }, { code })).toBe(403);
    expect(await post({}, { code })).toBe(403);
    expect(await post({ origin }, {})).toBe(403);
    expect(await post({ origin }, { code: `${code.slice(0, -1)}x` })).toBe(403);
    expect(await stateOf(approval)).toBe("pending");
    const other = await browser.newContext();
    const stranger = await signIn(other, served.url, "bob");
    await stranger.goto(`${served.url}approvals/${approval}`);
    const theirs = await stranger.locator('form.decide input[name="code"]').inputValue();
    expect(await post({ origin }, { code: theirs })).toBe(403);
    expect(await post({ origin }, { code })).toBe(303);
    expect(await stateOf(approval)).toBe("approved");
    await context.close();
    await other.close();
  });

  test("shows the history by state and by words, and ends with the session", async () => {
    const one = await house.park(someFacts());
    await house.park(someFacts({ body: "{}" }));
    const context = await browser.newContext();
    const page = await signIn(context, served.url, "ann");
    await page.goto(`${served.url}approvals/${one.approval}`);
    await page.getByLabel("Reason").fill("not this one");
    await page.getByRole("button", { name: "Deny" }).click();
    await page.getByRole("link", { name: "History" }).click();
    await page.getByText("2 shown.").waitFor();
    await page.getByLabel("State").selectOption("denied");
    await page.getByLabel("Words in it").fill("NOT THIS");
    await page.getByRole("button", { name: "Filter" }).click();
    await page.getByText("1 shown.").waitFor();
    await keepPicture(page, "history");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.goto(served.url);
    await page.waitForURL(/sign-in/);
    await context.close();
  });

  test("tells whoever reads a request that it has been settled meanwhile", async () => {
    const { approval } = await house.park(someFacts());
    const context = await browser.newContext();
    const page = await signIn(context, served.url, "ann");
    await Promise.all([
      page.waitForResponse(/\/events$/),
      page.goto(`${served.url}approvals/${approval}`),
    ]);
    await house.say(approval, "deny", "bob");
    await page.getByText("This has changed meanwhile.").waitFor();
    await page.getByRole("button", { name: "Approve" }).click();
    await page.getByRole("alert").getByText("This is settled already.").waitFor();
    expect(await stateOf(approval)).toBe("denied");
    await context.close();
  });

  test("sends headers that leave an attacker nothing to work with", async () => {
    const { headers } = await fetch(`${served.url}sign-in`);
    const policy = headers.get("content-security-policy");
    for (const part of [
      "default-src 'none'",
      "script-src 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "require-trusted-types-for 'script'",
    ])
      expect(policy).toContain(part);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("cache-control")).toBe("no-store");
  });
});
