import { err, ok, type Result } from "../base/result.ts";

/** What must be known of a SAML identity provider. */
export interface IdentityProvider {
  /** Its entity id. */
  readonly id: string;
  /** Its single sign-on URL (HTTP-Redirect binding). */
  readonly entryPoint: string;
  /** PEM blocks of its signing certificates or public keys: several while they rotate; never none. */
  readonly certificates: readonly string[];
}

const redirect = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";

/**
 * Reads the metadata of one identity provider (SAML metadata, section 2.4): its entity id, where it signs people in, and
 * the certificates that it signs with. The file is the operator's own, and trusted as such.
 */
export function readMetadata(xml: string): Result<IdentityProvider> {
  const text = xml.replace(/<!--[\s\S]*?-->/g, "").replace(/<\?xml[^?]*\?>/g, "");
  if (/<[!?]/.test(text)) return err("it holds what no metadata needs (a document type, CDATA)");
  const entities = elements(text, "EntityDescriptor");
  const [entity] = entities;
  if (entity === undefined) return err("it is not the metadata of a provider");
  if (entities.length > 1) return err("it speaks of several providers: cut out the one");
  const [role] = elements(entity.content, "IDPSSODescriptor");
  if (role === undefined) return err("it is not the metadata of an identity provider");
  const id = attribute(entity.head, "entityID");
  const entryPoint = elements(role.content, "SingleSignOnService")
    .filter(({ head }) => attribute(head, "Binding") === redirect)
    .map(({ head }) => attribute(head, "Location"))
    .find((location) => location !== undefined);
  if (id === undefined || entryPoint === undefined || !URL.canParse(entryPoint))
    return err("it names no entity id, or no place to sign in by redirect");
  const certificates = elements(role.content, "KeyDescriptor")
    .filter(({ head }) => (attribute(head, "use") ?? "signing") === "signing")
    .flatMap(({ content }) => elements(content, "X509Certificate"))
    .map(({ content }) => toPem(content));
  if (certificates.length === 0) return err("it names no signing certificate");
  return ok({ id, entryPoint, certificates });
}

interface Element {
  /** The start tag, with its attributes. */
  readonly head: string;
  readonly content: string;
}

/** The elements of that local name, whatever prefix they have; none of those that are read here can be nested in another. */
function elements(text: string, name: string): readonly Element[] {
  const pattern = new RegExp(
    `<((?:[\\w.-]+:)?${name})((?:\\s[^<>]*?)?)(?:/>|>([\\s\\S]*?)</\\1\\s*>)`,
    "g",
  );
  return [...text.matchAll(pattern)].map(([, , head = "", content = ""]) => ({ head, content }));
}

function attribute(head: string, name: string): string | undefined {
  const [, double, single] =
    new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(head) ?? [];
  const value = double ?? single;
  return value === undefined ? undefined : withoutEntities(value);
}

const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

function withoutEntities(text: string): string {
  return text.replace(/&(\w+);/g, (whole, name: string) => entities[name] ?? whole);
}

function toPem(base64: string): string {
  const lines = base64.replace(/\s/g, "").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----"].join("\n");
}
