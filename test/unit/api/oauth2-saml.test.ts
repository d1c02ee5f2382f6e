import { inflateRawSync } from "node:zlib";
import type { Hono } from "hono";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { samlSignIn } from "../../../src/api/oauth2-saml.ts";
import { problem } from "../../../src/api/problem.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { createAuthenticator } from "../../../src/identity/authenticator.ts";
import { byHeader } from "../../../src/identity/by-header.ts";
import { tokenExchange } from "../../../src/identity/exchange.ts";
import { oidcIssuers } from "../../../src/identity/oidc.ts";
import { fileSessions } from "../../../src/identity/sessions/file.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { KeptAudit } from "../identity/kept-audit.ts";
import { responseXml, signed } from "../identity/saml-idp.ts";
import { honest, openSaml, parts, stranger } from "../identity/saml-setup.ts";

let opened: Awaited<ReturnType<typeof openSaml>>;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let audit: KeptAudit;
let begun: string[];
let app: Hono;
let identify: ReturnType<typeof byHeader>;

beforeEach(async () => {
  opened = await openSaml();
  folder = await temporaryFolder();
  audit = new KeptAudit();
  begun = [];
  const sessions = await fileSessions(folder.path, systemClock);
  const issuers = oidcIssuers([], { clock: systemClock, fetch });
  const exchange = tokenExchange({
    clock: systemClock,
    sessions,
    audit,
    issuers,
    lifetime: 60_000,
  });
  identify = byHeader(createAuthenticator({ issuers, sessions }));
  app = samlSignIn({
    saml: opened.saml,
    exchange,
    begin: (_, token) => begun.push(token) > 0,
    turnAway: problem,
    ownPath: (next) => (next === "/history" ? next : "/"),
  });
});
afterEach(async () => {
  await opened.close();
  await folder.remove();
});

/** Goes to the identity provider as a browser does, and gives what it needs to come back. */
async function start(next = "/history") {
  const reply = await app.request(`/sign-in/start?next=${encodeURIComponent(next)}`);
  const cookie = reply.headers.get("set-cookie") ?? "";
  const query = new URL(reply.headers.get("location") ?? "").searchParams;
  const request = inflateRawSync(Buffer.from(query.get("SAMLRequest") ?? "", "base64")).toString();
  return {
    cookie,
    requestId: /ID="([^"]+)"/.exec(request)?.[1] ?? "",
    relay: query.get("RelayState") ?? "",
  };
}
function finish(xml: string, cookie: string | undefined, relay = "/history") {
  const form = { SAMLResponse: Buffer.from(xml).toString("base64"), RelayState: relay };
  const headers = cookie === undefined ? {} : { cookie: cookie.split(";")[0] ?? "" };
  return app.request("/saml/acs", { method: "POST", body: new URLSearchParams(form), headers });
}
const answer = (inResponseTo: string, key = honest) =>
  responseXml(signed(parts({ inResponseTo }), key));

describe("a sign-in by SAML", () => {
  it("ends with a session of the person, on record, at the page that was asked for", async () => {
    const { cookie, requestId, relay } = await start();
    expect(cookie).toMatch(/^__Host-.*HttpOnly; Secure; SameSite=None$/i);
    const reply = await finish(answer(requestId), cookie, relay);
    expect(reply.status).toBe(303);
    expect(reply.headers.get("location")).toBe("/history");
    const identity = await identify(`Bearer ${begun[0]}`);
    expect(identity.ok && identity.value.principal.id).toBe("corp:ada@corp.test");
    expect(audit.intents).toMatchObject([{ decision: "allow", path: "/saml/acs" }]);
  });

  it("is refused in another browser, without a cookie, and the second time", async () => {
    const [mine, other] = [await start(), await start()];
    expect((await finish(answer(mine.requestId), other.cookie)).status).toBe(403);
    expect((await finish(answer(mine.requestId), undefined)).status).toBe(403);
    expect((await finish(answer(mine.requestId), "__Host-sallyport-sign-in=_request")).status).toBe(
      403,
    );
    const xml = answer(mine.requestId);
    expect((await finish(xml, mine.cookie)).status).toBe(303);
    expect((await finish(xml, mine.cookie)).status).toBe(403);
    expect(begun).toHaveLength(1);
  });

  it("is refused with a stranger's assertion", async () => {
    const { cookie, requestId } = await start();
    const reply = await finish(answer(requestId, stranger), cookie);
    expect(await reply.json()).toMatchObject({ status: 403, code: "signature" });
    expect(audit.intents).toMatchObject([
      { decision: "deny", reason: expect.stringMatching(/^signature: /) },
    ]);
  });

  it("leads to no other site", async () => {
    for (const next of ["https://evil.test", "//evil.test", "/\\evil.test"]) {
      const { cookie, requestId } = await start(next);
      expect((await finish(answer(requestId), cookie, next)).headers.get("location")).toBe("/");
    }
  });

  it("publishes its metadata", async () => {
    const reply = await app.request("/saml/metadata");
    expect(reply.headers.get("content-type")).toBe("application/samlmetadata+xml");
    expect(await reply.text()).toContain("EntityDescriptor");
  });
});
