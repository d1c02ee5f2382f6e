import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../../src/base/clock.ts";
import { type SamlProvider, samlProvider } from "../../../src/identity/saml.ts";
import { fileSessions } from "../../../src/identity/sessions/file.ts";
import { type AssertionParts, idpKey } from "./saml-idp.ts";

export const idp = "https://idp.test/metadata";
export const entityId = "https://gateway.test/saml";
export const callbackUrl = "https://gateway.test/saml/acs";
export const tokenUrl = "https://gateway.test/oauth2/token";
export const format = (name: string) => `urn:oasis:names:tc:SAML:2.0:nameid-format:${name}`;
export const minutes = (count: number) => new Date(Date.now() + count * 60_000);

export const honest = idpKey();
export const next = idpKey();
export const stranger = idpKey();

let counter = 0;

/** The parts of an assertion that is accepted for the request `_request`. */
export function parts(over: Partial<AssertionParts> = {}): AssertionParts {
  counter += 1;
  return {
    id: `_a${counter}`,
    issuer: idp,
    nameId: "ada@corp.test",
    nameIdFormat: format("persistent"),
    audience: entityId,
    recipient: callbackUrl,
    inResponseTo: "_request",
    notBefore: minutes(-1),
    notOnOrAfter: minutes(5),
    method: "urn:oasis:names:tc:SAML:2.0:cm:bearer",
    groups: ["approvers", "platform"],
    ...over,
  };
}

/** The same, as an identity provider sends them without having been asked. */
export function unasked(over: Partial<AssertionParts> = {}): AssertionParts {
  const { inResponseTo: _, ...rest } = parts(over);
  return rest;
}

/** A service provider that trusts the honest key. */
export async function openSaml(): Promise<{
  readonly saml: SamlProvider;
  trust(pem: string): Promise<void>;
  close(): Promise<void>;
}> {
  const dir = await mkdtemp(join(tmpdir(), "saml-"));
  const certificates = join(dir, "idp.pem");
  await writeFile(certificates, honest.pem);
  const sessions = await fileSessions(dir, systemClock);
  const provider = {
    kind: "stated",
    id: idp,
    entryPoint: "https://idp.test/sso",
    certificates,
  } as const;
  const config = { name: "corp", provider, groups: "groups" };
  return {
    saml: samlProvider({ ...config, entityId, callbackUrl, tokenUrl }, sessions),
    trust: (pem) => writeFile(certificates, pem),
    close: async () => {
      await sessions.close();
      await rm(dir, { recursive: true });
    },
  };
}

/** Posts a response to the assertion consumer service, as a browser does. */
export function finish(saml: SamlProvider, xml: string, request = "_request") {
  return saml.finish(Buffer.from(xml).toString("base64"), request);
}
