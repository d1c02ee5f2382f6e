import { err, ok, type Result } from "../base/result.ts";
import type { AuthenticationCode } from "./failure.ts";

/** The longest response that is read, in characters of XML. */
const longest = 128 * 1024;

const algorithms: ReadonlySet<string> = new Set([
  "http://www.w3.org/2001/10/xml-exc-c14n#",
  "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
  "http://www.w3.org/2001/04/xmlenc#sha256",
  "http://www.w3.org/2001/04/xmlenc#sha512",
  "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
  "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
]);

/**
 * Screens XML before any parser of signatures sees it: nothing in which two parsers could differ (document types,
 * entities, comments, CDATA, processing instructions), and no algorithm but exclusive canonical form, SHA-2 and RSA.
 */
export function screenXml(xml: string): Result<string, AuthenticationCode> {
  if (xml.length > longest) return err("too_large");
  const text = xml.replace(/^\uFEFF?<\?xml[^?]*\?>\s*/, "").trim();
  if (/<[!?]/.test(text)) return err("malformed");
  if (/&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[\da-fA-F]+);)/.test(text)) return err("malformed");
  for (const [, double, single] of text.matchAll(/\bAlgorithm\s*=\s*(?:"([^"]*)"|'([^']*)')/g))
    if (!algorithms.has(double ?? single ?? "")) return err("algorithm");
  return ok(text);
}

/** A bare assertion in the response that readers of responses expect; a response as it is. */
export function asResponse(xml: string): string {
  if (!/^<(?:[\w.-]+:)?Assertion[\s>]/.test(xml)) return xml;
  return `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" Version="2.0">${xml}</samlp:Response>`;
}
