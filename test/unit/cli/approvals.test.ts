import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createApi } from "../../../src/api/api.ts";
import { serveApi } from "../../../src/api/server.ts";
import { err, ok } from "../../../src/base/result.ts";
import { approvalsList } from "../../../src/cli/approvals-list.ts";
import { approvalsApprove, approvalsDeny, approvalsShow } from "../../../src/cli/approvals-one.ts";
import type { Command } from "../../../src/cli/command.ts";
import { said } from "../../support/command.ts";
import { openHouse, someFacts, someone } from "../approvals/house.ts";

describe("the approvals commands", () => {
  let house: Awaited<ReturnType<typeof openHouse>>;
  let api: { readonly url: string; close(): Promise<void> };
  beforeEach(async () => {
    house = await openHouse();
    const app = createApi({
      approvals: house.approvals,
      clock: house.clock,
      version: "1.2.3",
      authenticate: async (authorization) => {
        const name = /^Bearer (\w+)$/.exec(authorization ?? "")?.[1];
        return name === undefined ? err("No valid token.") : ok(someone(name));
      },
      ready: async () => [],
      metrics: async () => "",
    });
    api = await serveApi(app, { host: "127.0.0.1", port: 0 });
  });
  afterEach(async () => {
    await api.close();
    await house.end();
  });

  const run = (command: Command, args: readonly string[], token: string | undefined = "ann") =>
    said(command, args, {
      env: { SALLYPORT_API: api.url, ...(token === "" ? {} : { SALLYPORT_TOKEN: token }) },
      cwd: ".",
    });

  test("lists, shows and approves", async () => {
    const { approval } = await house.park(someFacts());
    expect(await run(approvalsList, [])).toMatchObject({
      status: 0,
      out: expect.stringContaining(approval),
    });
    const shown = await run(approvalsShow, [approval]);
    expect(shown.out).toContain("repository.create on github.com/acme/new");
    expect(shown.out).toContain('{"name":"new"}');
    const said = await run(approvalsApprove, [approval, "--reason", "seen", "--json"]);
    expect(said.status).toBe(0);
    expect(JSON.parse(said.out)).toMatchObject({ state: "approved", says: [{ reason: "seen" }] });
    expect((await run(approvalsList, [])).out).toBe("There are none.");
    expect((await run(approvalsList, ["--state", "all"])).out).toContain("approved");
  });

  test("exits 1 when the answer is no, and says why", async () => {
    const { approval } = await house.park(someFacts({ principal: someone("rita") }));
    expect(await run(approvalsApprove, [approval], "rita")).toMatchObject({
      status: 1,
      err: "Nobody decides on their own request.",
    });
    await run(approvalsDeny, [approval]);
    expect(await run(approvalsDeny, [approval], "bob")).toMatchObject({ status: 1 });
  });

  test.each([
    ["no id", approvalsShow, []],
    ["something that is no id", approvalsApprove, ["all"]],
    ["an unknown option", approvalsList, ["--sate", "pending"]],
    ["an unknown state", approvalsList, ["--state", "odd"]],
    ["a token for the open network", approvalsList, ["--api", "http://sallyport.example"]],
    ["a token file that is not there", approvalsList, ["--token-file", "/nowhere/token"]],
  ] as const)("exits 2 on %s", async (_, command, args) => {
    expect((await run(command, args)).status).toBe(2);
  });

  test("exits 2 without a token", async () => {
    expect(await run(approvalsList, [], "")).toMatchObject({ status: 2 });
  });

  test("writes out what a terminal would obey", async () => {
    const { approval } = await house.park(someFacts({ body: "a\u001b[2Jb\u202ec" }));
    expect((await run(approvalsShow, [approval])).out).toContain("a\u241b[2Jb<U+202E>c");
  });
});
