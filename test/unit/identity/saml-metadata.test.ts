import { X509Certificate } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readMetadata } from "../../../src/identity/saml-metadata.ts";
import { readProvider } from "../../../src/identity/saml-provider-file.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { metadataXml, selfSigned } from "./saml-certificate.ts";
import { idpKey } from "./saml-idp.ts";

const [one, two] = [selfSigned(idpKey().key), selfSigned(idpKey().key)];
const id = "https://idp.test/metadata";
const entryPoint = "https://idp.test/sso?a=1&b=2";
const good = metadataXml({ id, entryPoint, certificates: [one, two] });

describe("the metadata of an identity provider", () => {
  it("tells who it is, where people sign in by redirect, and what it signs with", () => {
    const read = readMetadata(good);
    if (!read.ok) throw new Error(read.error);
    expect(read.value).toMatchObject({ id, entryPoint });
    const found = read.value.certificates.map((pem) => new X509Certificate(pem).raw);
    expect(found.map((der) => der.toString("base64"))).toEqual([one, two]);
  });

  it("may have another prefix or none, other quotes, and no use stated", () => {
    const other = good
      .replaceAll("md:", "")
      .replaceAll("ds:", "sig:")
      .replace(' use="signing"', "")
      .replace(`entityID="${id}"`, `entityID='${id}'`);
    expect(readMetadata(other)).toEqual(readMetadata(good));
  });

  it.each([
    ["nothing", ""],
    ["a page", "<html></html>"],
    ["a service provider's", good.replaceAll("IDPSSO", "SPSSO")],
    ["a federation's", `<a>${good}${good}</a>`],
    ["no certificate", metadataXml({ id, entryPoint, certificates: [] })],
    ["no redirect", good.replace("HTTP-Redirect", "SOAP")],
    ["a document type", good.replace("<md:EntityDescriptor", "<!DOCTYPE x><md:EntityDescriptor")],
    ["an entry point that is no URL", metadataXml({ id, entryPoint: "sso", certificates: [one] })],
  ])("is refused: %s", (_, xml) => {
    expect(readMetadata(xml).ok).toBe(false);
  });

  it("is read from its file, which the error names, and its certificates must be some", async () => {
    const folder = await temporaryFolder();
    const path = join(folder.path, "idp.xml");
    const source = { kind: "metadata", path } as const;
    expect(await readProvider(source)).toEqual({ ok: false, error: `${path} cannot be read` });
    await writeFile(path, good);
    expect((await readProvider(source)).ok).toBe(true);
    await writeFile(path, metadataXml({ id, entryPoint, certificates: ["AAAA"] }));
    expect(await readProvider(source)).toMatchObject({
      ok: false,
      error: expect.stringContaining("certificate"),
    });
    await folder.remove();
  });
});
