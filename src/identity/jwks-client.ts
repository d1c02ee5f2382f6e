/** A JSON Web Key Set (RFC 7517) whose keys are all public and all for signatures. */
export interface KeySet {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

const longestDocument = 512 * 1024;

/**
 * Fetches the keys that an OpenID provider publishes (OpenID Connect Discovery 1.0 section 4); throws when it cannot
 * be reached or answers something else, or when the document names another issuer.
 */
export async function discoverKeys(
  issuer: string,
  fetching: typeof fetch,
  timeout: number,
): Promise<KeySet> {
  const at = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const document = await fetchJson(at, fetching, timeout);
  if (document["issuer"] !== issuer) throw new Error("the discovery document names another issuer");
  const keysAt = document["jwks_uri"];
  if (typeof keysAt !== "string") throw new Error("the discovery document has no jwks_uri");
  if (new URL(issuer).protocol === "https:" && new URL(keysAt).protocol !== "https:")
    throw new Error("the discovery document's jwks_uri is not https");
  return fetchKeys(keysAt, fetching, timeout);
}

/** Fetches a key set from its own URL. */
export async function fetchKeys(
  url: string | URL,
  fetching: typeof fetch,
  timeout: number,
): Promise<KeySet> {
  return readKeySet(await fetchJson(url, fetching, timeout));
}

/** Keeps the public signature keys of a key set; throws when it holds none. */
export function readKeySet(document: unknown): KeySet {
  const keys = isRecord(document) ? document["keys"] : undefined;
  if (!Array.isArray(keys)) throw new Error("the key set has no keys");
  const usable = keys.filter(isRecord).filter(isPublicSignatureKey);
  if (usable.length === 0) throw new Error("the key set has no public signature key");
  return { keys: usable };
}

function isPublicSignatureKey(key: Readonly<Record<string, unknown>>): boolean {
  const kind = key["kty"];
  if (kind !== "RSA" && kind !== "EC" && kind !== "OKP") return false;
  return !("d" in key) && (key["use"] === undefined || key["use"] === "sig");
}

async function fetchJson(
  url: string | URL,
  fetching: typeof fetch,
  timeout: number,
): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetching(url, {
    headers: { accept: "application/json" },
    redirect: "error",
    signal: AbortSignal.timeout(timeout),
  });
  if (!response.ok) throw new Error(`the issuer answered ${response.status}`);
  const document: unknown = JSON.parse(await readText(response));
  if (!isRecord(document)) throw new Error("the issuer did not answer a JSON object");
  return document;
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > longestDocument) throw new Error("the issuer's document is too large");
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
