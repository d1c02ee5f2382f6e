import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask } from "../../src/demo/ask.ts";
import { failure } from "../../src/identity/failure.ts";
import { launchBrowser } from "../support/browser.ts";
import { run } from "../support/clients.ts";
import { type Folder, temporaryFolder } from "../support/folder.ts";
import { freePort, listenLocally } from "../support/ports.ts";
import { exchange, postForm } from "../support/session.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { badAssertions } from "../unit/identity/bad-assertions.ts";
import { metadataXml, selfSigned } from "../unit/identity/saml-certificate.ts";
import { type AssertionParts, idpKey, responseXml, signed } from "../unit/identity/saml-idp.ts";

/** SAML end to end: assertions at the exchange through a real Envoy, and a person's sign-in to the console in Chromium. */
const policy = `rules:
  - id: people-read
    when: { access: read, principal: { issuer: corp, groups: approvers } }
    then: [ { inject: {} } ]
otherwise: [ { deny: { reason: "No rule allows this." } } ]
`;
const idp = "https://idp.test/metadata";
const persistent = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
const honest = idpKey();
const stranger = idpKey();

let folder: Folder;
let provider: Server;
let stack: Stack;
let console: string;
let authority: string;
let browser: Browser;
/** The last response that the provider sent through a browser. */
let posted = "";
let ids = 0;

function parts(over: Partial<AssertionParts> = {}): AssertionParts {
  ids += 1;
  const at = (minutes: number) => new Date(Date.now() + minutes * 60_000);
  return {
    id: `_a${ids}`,
    issuer: idp,
    nameId: "ada@corp.test",
    nameIdFormat: persistent,
    audience: `${console}/saml/metadata`,
    recipient: `${console}/oauth2/token`,
    notBefore: at(-1),
    notOnOrAfter: at(5),
    method: "urn:oasis:names:tc:SAML:2.0:cm:bearer",
    groups: ["approvers"],
    ...over,
  };
}

/** The page of the provider: whoever comes is Ada, and her browser carries the answer on. */
function signOn(url: string): string {
  const query = new URL(url, "http://idp").searchParams;
  const xml = inflateRawSync(Buffer.from(query.get("SAMLRequest") ?? "", "base64")).toString();
  const inResponseTo = /ID="([^"]+)"/.exec(xml)?.[1] ?? "";
  const acs = /AssertionConsumerServiceURL="([^"]+)"/.exec(xml)?.[1] ?? "";
  const answer = parts({ inResponseTo, recipient: acs });
  posted = Buffer.from(responseXml(signed(answer, honest))).toString("base64");
  return `<form method="post" action="${acs}"><input name="SAMLResponse" value="${posted}">
<input name="RelayState" value="${query.get("RelayState")}"></form><script>document.forms[0].submit()</script>`;
}

beforeAll(async () => {
  folder = await temporaryFolder();
  provider = createServer((request, response) => {
    response.writeHead(200, { "content-type": "text/html" }).end(signOn(request.url ?? ""));
  });
  const entryPoint = `http://127.0.0.1:${await listenLocally(provider)}/sso`;
  const metadata = join(folder.path, "idp.xml");
  const certificates = [selfSigned(honest.key)];
  await writeFile(metadata, metadataXml({ id: idp, entryPoint, certificates }));
  const port = await freePort();
  console = `http://127.0.0.1:${port}`;
  stack = await startStack({
    policy,
    config: {
      listen: { api: `127.0.0.1:${port}` },
      approvals: { console, approvers: ["group:approvers"] },
      identity: { saml: { name: "corp", metadata: `file:${metadata}`, groups: "groups" } },
    },
  });
  authority = readFileSync(stack.ca, "utf8");
  browser = await launchBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
  provider?.close();
  await folder?.remove();
});

async function exchanged(xml: string) {
  const subject = Buffer.from(xml).toString("base64url");
  const answer = await exchange(stack.proxy, subject, { type: "saml2", ca: authority });
  return { status: answer.status, body: JSON.parse(answer.text) as Record<string, string> };
}
const get = (url: string, token: string) =>
  ask(url, { ca: authority, headers: { authorization: `Bearer ${token}` } });

interface Line {
  readonly path: string;
  readonly decision: string;
  readonly reason?: string;
}
function records(path: string): readonly string[] {
  const lines = stack.stdout().split("\n");
  return lines
    .filter((line) => line.startsWith('{"kind":"exchange"'))
    .map((line) => JSON.parse(line) as Line)
    .filter((line) => line.path === path)
    .map(({ decision, reason }) => `${decision}: ${reason ?? ""}`);
}

describe("an assertion at the exchange", () => {
  test("becomes a session token of the person, which policy knows by issuer and group", async () => {
    const { status, body } = await exchanged(signed(parts(), honest));
    expect([status, body["token_type"]]).toEqual([200, "Bearer"]);
    const token = body["access_token"] ?? "";
    expect(token).toMatch(/^ghs_/);
    expect((await get(`${stack.proxy}/api/v3/user`, token)).status).toBe(200);
    expect(stack.upstream.log.at(-1)?.headers["authorization"]).toBe(`token ${stack.credential}`);
  });

  test("also by the command line, as a job would", async () => {
    const file = join(folder.path, "assertion.xml");
    await writeFile(file, signed(parts(), honest));
    const main = join(import.meta.dirname, "../../src/main.ts");
    const args = ["token", "--api", stack.api, "--assertion-file", file];
    const ended = await run(process.execPath, [main, ...args], { cwd: folder.path });
    expect(ended.stdout).toMatch(/^ghs_[A-Za-z0-9]{43}\n$/);
  });

  test("is refused in each of these forms, with zero bytes upstream and a record that says why", async () => {
    const before = [stack.upstream.log.length, stack.upstream.bytesReceived()];
    const used = signed(parts(), honest);
    expect((await exchanged(used)).status).toBe(200);
    const acs = `${console}/saml/acs`;
    const bad = badAssertions({ parts, honest, stranger, used, acs });
    const answers: string[] = [];
    for (const { name, xml } of bad) {
      const { status, body } = await exchanged(xml);
      answers.push(`${name}: ${status} ${body["error"]}: ${body["error_description"]}`);
    }
    expect(answers).toEqual(
      bad.map(({ name, code }) => `${name}: 400 invalid_request: ${failure(code).message}`),
    );
    expect([stack.upstream.log.length, stack.upstream.bytesReceived()]).toEqual(before);
    const wanted = bad.map(({ code }) => `deny: ${code}: ${failure(code).message}`);
    await expect
      .poll(() => records("/oauth2/token").filter((line) => line.startsWith("deny")), {
        timeout: 20_000,
      })
      .toEqual(wanted);
  }, 60_000);
});

describe("a person in a browser", () => {
  test("goes to the identity provider, comes back signed in, and nobody can do it again with what was posted", async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${console}/history`);
    await page.getByRole("link", { name: "Continue with corp" }).click();
    await page.getByRole("heading", { name: "History" }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/history");
    const again = await postForm(`${console}/saml/acs`, { SAMLResponse: posted, RelayState: "/" });
    expect([again.status, again.text]).toEqual([
      403,
      expect.stringContaining("was not begun here"),
    ]);
    // In this very browser, with a request of its own: the answer was to another, and was used.
    await page.goto(`${console}/`);
    const status = await page.evaluate(async (SAMLResponse) => {
      await fetch("/sign-in/start", { redirect: "manual" });
      const body = new URLSearchParams({ SAMLResponse, RelayState: "/" });
      return (await fetch("/saml/acs", { method: "POST", body, redirect: "manual" })).status;
    }, posted);
    expect(status).toBe(403);
    await expect
      .poll(() => records("/saml/acs"), { timeout: 10_000 })
      .toEqual([
        "allow: ",
        `deny: unsolicited: ${failure("unsolicited").message}`,
        `deny: audience: ${failure("audience").message}`,
      ]);
    await context.close();
  }, 60_000);

  test("the metadata endpoint tells the provider where to send, and that assertions must be signed", async () => {
    const answer = await ask(`${console}/saml/metadata`);
    expect(answer.headers["content-type"]).toBe("application/samlmetadata+xml");
    expect(answer.text).toContain(`entityID="${console}/saml/metadata"`);
    expect(answer.text).toContain(`Location="${console}/saml/acs"`);
    expect(answer.text).toContain('WantAssertionsSigned="true"');
  });
});

test("no assertion is left in anything that was written", async () => {
  const xml = Buffer.from(posted, "base64").toString();
  const signature = /<ds:SignatureValue>([^<]+)/.exec(xml)?.[1] ?? "none";
  const written = [stack.stdout(), stack.stderr(), ...stack.collector.bodies.map(String)];
  for (const part of [posted, signature, "ada@corp.test</saml:NameID>"]) {
    for (const text of written) expect(text.includes(part)).toBe(false);
    const grep = await run("grep", ["-rlaF", part, stack.folder.path], { cwd: folder.path });
    expect(grep.stdout).toBe("");
  }
  // The search finds what is there.
  expect(await readFile(join(folder.path, "assertion.xml"), "utf8")).toContain("</saml:NameID>");
});
