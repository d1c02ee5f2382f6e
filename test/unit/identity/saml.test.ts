import { inflateRawSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Secret } from "../../../src/base/secret.ts";
import { responseXml, signed } from "./saml-idp.ts";
import {
  callbackUrl,
  finish as deliver,
  entityId,
  honest,
  next,
  openSaml,
  parts,
  tokenUrl,
  unasked,
} from "./saml-setup.ts";

let opened: Awaited<ReturnType<typeof openSaml>>;

beforeEach(async () => {
  opened = await openSaml();
});
afterEach(() => opened.close());
const finish = (xml: string) => deliver(opened.saml, xml);

const exchange = (xml: string) =>
  opened.saml.verify(new Secret(Buffer.from(xml).toString("base64url")));
const forExchange = () => unasked({ recipient: tokenUrl });

describe("a sign-in", () => {
  it("sends the browser to the identity provider with a request of its own", async () => {
    const login = async (next: string) => {
      const begun = await opened.saml.login(next);
      if (!begun.ok) throw new Error(begun.error.code);
      return begun.value;
    };
    const { url, requestId } = await login("/approvals");
    const query = new URL(url).searchParams;
    const request = inflateRawSync(
      Buffer.from(query.get("SAMLRequest") ?? "", "base64"),
    ).toString();
    expect(request).toContain(`ID="${requestId}"`);
    expect(request).toContain(`AssertionConsumerServiceURL="${callbackUrl}"`);
    expect(query.get("RelayState")).toBe("/approvals");
    expect((await login("/")).requestId).not.toBe(requestId);
  });

  it("knows who a signed assertion speaks of", async () => {
    const identity = await finish(responseXml(signed(parts(), honest)));
    if (!identity.ok) throw new Error(identity.error.code);
    expect(identity.value.principal).toMatchObject({
      id: "corp:ada@corp.test",
      issuer: "corp",
      groups: ["approvers", "platform"],
    });
    expect(identity.value.session).toMatch(/^ses_/);
  });

  it("goes on through a change of the provider's key", async () => {
    await opened.trust(`${honest.pem}${next.pem}`);
    expect((await finish(responseXml(signed(parts(), honest)))).ok).toBe(true);
    expect((await finish(responseXml(signed(parts(), next)))).ok).toBe(true);
    await opened.trust(next.pem);
    expect((await finish(responseXml(signed(parts(), honest)))).ok).toBe(false);
  });

  it("does not begin where the provider's certificates are gone", async () => {
    await opened.trust("");
    expect(await opened.saml.login("/")).toMatchObject({ error: { code: "keys_unavailable" } });
  });

  it("publishes metadata that asks for signed assertions", () => {
    const metadata = opened.saml.metadata();
    expect(metadata).toContain('WantAssertionsSigned="true"');
    expect(metadata).toContain(`entityID="${entityId}"`);
    expect(metadata).toContain(callbackUrl);
  });
});

describe("the exchange", () => {
  it("takes an assertion made for it, bare or in a response, once", async () => {
    const xml = signed(forExchange(), honest);
    expect((await exchange(xml)).ok).toBe(true);
    expect(await exchange(xml)).toMatchObject({ error: { code: "replayed" } });
    expect((await exchange(responseXml(signed(forExchange(), honest)))).ok).toBe(true);
  });

  it("does not take one that was made for a browser", async () => {
    expect(await exchange(signed(parts(), honest))).toMatchObject({ error: { code: "audience" } });
  });
});
