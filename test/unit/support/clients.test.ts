import { writeFileSync } from "node:fs";
import { createSecureServer, type Http2SecureServer } from "node:http2";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newAuthority } from "../../../src/envoy/certificate.ts";
import {
  type Access,
  Git,
  ghEnvironment,
  H2Client,
  RawClient,
  run,
} from "../../support/clients.ts";
import { type Folder, temporaryFolder } from "../../support/folder.ts";
import { listenLocally } from "../../support/ports.ts";

let folder: Folder;
let server: Http2SecureServer;
let access: Access;
const seen: string[] = [];

beforeAll(async () => {
  folder = await temporaryFolder();
  const authority = newAuthority("Clients");
  const ca = join(folder.path, "ca.pem");
  writeFileSync(ca, authority.certificate);
  const { certificate: cert, key } = authority.issue(["127.0.0.1", "localhost"]);
  server = createSecureServer({ cert, key, allowHTTP1: true }, (request, response) => {
    seen.push(`${request.httpVersion} ${request.url} ${request.headers.authorization ?? "-"}`);
    if (request.url === "/reset") return void request.stream.close(2);
    response.setHeader("content-type", "application/json");
    request.on("end", () => response.end('{"login":"demo"}'));
    request.resume();
    return undefined;
  });
  const proxy = `https://127.0.0.1:${await listenLocally(server)}`;
  access = { proxy, ca, token: "a-token" };
});
afterAll(async () => {
  server.close();
  await folder.remove();
});

test("curl, gh and git trust the authority and show the token", async () => {
  const cwd = folder.path;
  const curl = await run(
    "curl",
    ["-sS", "--cacert", access.ca, `${access.proxy}/x/../y`, "--path-as-is"],
    { cwd },
  );
  expect(curl).toMatchObject({ code: 0, stdout: '{"login":"demo"}' });
  const gh = await run("gh", ["api", "user"], { cwd, env: ghEnvironment(access) });
  expect(gh).toMatchObject({ code: 0, stderr: "" });
  await new Git(cwd, access).start("ls-remote", `${access.proxy}/acme/app.git`).ended;
  const basic = Buffer.from("x-access-token:a-token").toString("base64");
  expect(seen.slice(0, 3)).toEqual([
    "2.0 /x/../y -",
    "2.0 /api/v3/user token a-token",
    `2.0 /acme/app.git/info/refs?service=git-upload-pack Basic ${basic}`,
  ]);
});

test("HTTP/2: an answer, a reset, and one connection for both", async () => {
  const client = await H2Client.connect(access);
  const answer = await client.ask("/h2", { method: "POST", body: "hello" });
  expect([answer.status, answer.body.toString()]).toEqual([200, '{"login":"demo"}']);
  await expect(client.ask("/reset")).rejects.toThrow(/NGHTTP2_INTERNAL_ERROR|closed without/);
  expect((await client.ask("/h2")).status).toBe(200);
  client.close();
});

test("raw bytes go out as they are", async () => {
  const client = await RawClient.connect(access);
  await client.write("GET /a/%2e%2e//b;c=d HTTP/1.1\r\nhost: x\r\n\r\n");
  expect(await client.status()).toBe(200);
  expect(seen.at(-1)).toBe("1.1 /a/%2e%2e//b;c=d -");
  await expect(client.until((text) => text.includes("never"), 20)).rejects.toThrow(/still waiting/);
  client.abort();
});
