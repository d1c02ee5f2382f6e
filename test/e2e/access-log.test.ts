import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BareStack, startBareStack } from "../support/bare-stack.ts";
import { H2Client, run } from "../support/clients.ts";
import { type Folder, temporaryFolder } from "../support/folder.ts";

/** What Envoy's own access log tells, and that it never tells a credential. */
let folder: Folder;
let stack: BareStack;
const log = (): string => readFileSync(join(folder.path, "access.log"), "utf8");

beforeAll(async () => {
  folder = await temporaryFolder();
  stack = await startBareStack({ accessLog: join(folder.path, "access.log") });
});
afterAll(async () => {
  await stack?.stop();
  await folder?.remove();
});

test("one line per request, with its record, and none of what could be a credential", async () => {
  const secret = "s3cr3t-0f-the-cl1ent";
  const h2 = await H2Client.connect(stack);
  const answer = await h2.ask(`/api/v3/user?access_token=${secret}`, {
    headers: {
      authorization: `token ${secret}`,
      "proxy-authorization": `Basic ${Buffer.from(`x:${secret}`).toString("base64")}`,
      cookie: `session=${secret}`,
      "x-api-key": secret,
      "user-agent": `curl ${secret}`,
      referer: `https://example.test/?t=${secret}`,
    },
  });
  h2.close();
  await run(
    "curl",
    [
      "-s",
      "-x",
      stack.forward.replace("://", `://x:${secret}@`),
      "--cacert",
      stack.ca,
      `https://api.github.com/user?t=${secret}`,
    ],
    { cwd: "/" },
  );
  await run(
    "curl",
    [
      "-s",
      "-x",
      stack.forward.replace("://", `://x:${secret}@`),
      `http://example.test/?t=${secret}`,
    ],
    { cwd: "/" },
  );
  // Envoy writes its log behind the answers.
  await expect.poll(() => log().trim().split("\n").length, { timeout: 20_000 }).toBeGreaterThan(3);
  const lines = log()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines).toContainEqual(
    expect.objectContaining({
      method: "GET",
      path: "/user",
      route: "github-api@path0",
      status: 200,
      record: answer.headers["x-sallyport-record"],
    }),
  );
  expect(lines).toContainEqual(
    expect.objectContaining({ method: "CONNECT", route: "forward@inward" }),
  );
  expect(lines).toContainEqual(expect.objectContaining({ host: "example.test", status: 403 }));
  expect(log()).not.toContain(secret);
  expect(log()).not.toContain(Buffer.from(`x:${secret}`).toString("base64").slice(4, -4));
  expect(log()).not.toContain("stored-credential");
});
