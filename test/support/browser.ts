import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

/** Debian's Chromium, headless, with nothing downloaded. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    // Tests run as root in containers, where Chromium's own sandbox cannot start.
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
}

/** A page of somebody who has signed in with that token. */
export async function signIn(context: BrowserContext, url: string, token: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  await page.getByLabel("A token of yours").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Inbox" }).waitFor();
  return page;
}

/** A page of somebody whom the demo's identity provider has signed in, by way of the console. */
export async function signInAs(
  context: BrowserContext,
  url: string,
  login: string,
  groups: string,
): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  await page.getByRole("link", { name: "Continue with people" }).click();
  await page.getByLabel("Login").fill(login);
  await page.getByLabel("Groups").fill(groups);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { name: "Inbox" }).waitFor();
  return page;
}

/** Keeps what the page looks like now, for people to look at, under `test/artefacts/console`. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  const artefacts = join(import.meta.dirname, "..", "artefacts", "console");
  await mkdir(artefacts, { recursive: true });
  await page.screenshot({ path: join(artefacts, `${name}.png`), fullPage: true });
}
