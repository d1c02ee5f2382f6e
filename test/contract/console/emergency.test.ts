import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { keepPicture, launchBrowser, signIn } from "../../support/browser.ts";
import { type Folder, temporaryFolder } from "../../support/folder.ts";
import { someFacts, someone } from "../../unit/approvals/house.ts";
import { type Served, serveConsole } from "./served.ts";

const never = new AbortController().signal;

describe("what goes beyond one request, in Chromium", () => {
  let browser: Browser;
  let folder: Folder;
  let house: Served["house"];
  let served: Served["served"];
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    folder = await temporaryFolder();
    ({ house, served } = await serveConsole(folder.path, []));
  });
  afterEach(async () => {
    await served.close();
    await house.end();
    await folder.remove();
  });

  test("two people break the glass, with reasons, and a third closes the review", async () => {
    const breakGlass = { by: ["idp:otto", "idp:bob"], within: "30m" };
    const facts = someFacts({ principal: someone("rita", { groups: [] }) });
    const parking = await house.park(facts, { by: "idp:ann", breakGlass });
    const settled = parking.settle(never);
    const open = async (name: string) => {
      const context = await browser.newContext();
      const page = await signIn(context, served.url, name);
      await page.goto(`${served.url}approvals/${parking.approval}`);
      return { context, page };
    };
    for (const name of ["otto", "bob"]) {
      const { context, page } = await open(name);
      expect(await page.getByRole("button", { name: "Approve" }).count()).toBe(0);
      await page.getByLabel("Reason (required)").fill(`${name}: production is down.`);
      if (name === "otto") await keepPicture(page, "detail-break-glass");
      await page.getByRole("button", { name: "Break the glass" }).click();
      await page.getByText(`${name}: production is down.`).waitFor();
      await context.close();
    }
    expect(await settled).toMatchObject({ kind: "proceed" });
    const { context, page } = await open("ann");
    await page.getByLabel("What did the review find?").fill("It was an emergency.");
    await page.getByRole("button", { name: "Close the review" }).click();
    await page.getByText("idp:ann: It was an emergency.").waitFor();
    await context.close();
  });

  test("a grant lets like requests through until it is taken back", async () => {
    const order = { by: "group:platform", grants: { scopes: ["session"], upTo: "1h" } };
    const ask = (body: string) =>
      house.park(someFacts({ principal: someone("rita", { groups: [] }), body }), order);
    const first = await ask("one");
    const context = await browser.newContext();
    const page = await signIn(context, served.url, "ann");
    await page.goto(`${served.url}approvals/${first.approval}`);
    await page.getByLabel("the rest of this session").check();
    await page.locator('select[name="for"]').selectOption("30 minutes");
    await keepPicture(page, "detail-grant");
    await page.getByRole("button", { name: "Approve" }).click();
    await page.getByText("Grant (session)").waitFor();
    expect(await (await ask("two")).settle(never)).toMatchObject({ kind: "proceed" });
    await page.getByRole("button", { name: "Take back the approval and its grant" }).click();
    await page.getByText("revoked by idp:ann").waitFor();
    const third = await ask("three");
    expect(await house.approvals.get(third.approval).then((found) => found?.standing.state)).toBe(
      "pending",
    );
    await context.close();
  });
});
