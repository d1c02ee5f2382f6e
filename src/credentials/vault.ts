import type { Clock } from "../base/clock.ts";
import type { Result } from "../base/result.ts";
import { Secret } from "../base/secret.ts";
import type { VaultConfig } from "./config.ts";
import { type AskJson, jsonClient } from "./json-client.ts";
import { type Fetched, type NotFetched, RenewedValue } from "./renewed.ts";
import { type CredentialSource, parseStoredValue } from "./source.ts";
import { keepLease } from "./vault-lease.ts";

/** A changed value is used after this time at the latest, in milliseconds. */
export const vaultFresh = 30_000;
/** How long the last value is used while Vault cannot be reached, in milliseconds. */
export const vaultGood = 10 * 60_000;

/**
 * A field of a secret in HashiCorp Vault's or OpenBao's KV store, version 2 (`GET /v1/{mount}/data/{path}`). A value
 * that Vault says is gone or forbidden is not used any more; one that it cannot be asked about is, for ten minutes. The
 * token that it is read with is renewed for as long as that goes, used or not.
 */
export function vaultSource(
  config: VaultConfig,
  token: () => Promise<Result<Secret>>,
  clock: Clock,
  ask: AskJson = jsonClient(5_000, config.ca),
): CredentialSource {
  const url = new URL(`/v1/${config.path.replace(/^\//, "")}`, config.address);
  const headers = (login: Secret) => ({
    "x-vault-token": login.reveal(),
    "x-vault-request": "true",
    ...(config.namespace === undefined ? {} : { "x-vault-namespace": config.namespace }),
  });
  const value = new RenewedValue(async () => {
    const login = await token();
    if (!login.ok) return failed(`Vault's token: ${login.error}`, false);
    const { status, body } = await ask({ method: "GET", url, headers: headers(login.value) });
    if (status === 403 || status === 404) return failed(`Vault answered ${status}`, true);
    if (status !== 200) return failed(`Vault answered ${status}`, false);
    return read(body, config.field, clock.now());
  }, clock);
  const renewal = new URL("/v1/auth/token/renew-self", config.address);
  const stop = keepLease({ url: renewal, headers, token, clock, ask });
  return { secret: () => value.get(), close: stop };
}

function read(body: unknown, field: string, now: number): Fetched | NotFetched {
  const text = at(at(at(body, "data"), "data"), field);
  if (typeof text !== "string") return failed("the secret in Vault has no such field", true);
  const parsed = parseStoredValue(text);
  if (!parsed.ok) return failed(`the field in Vault: ${parsed.error}`, true);
  const secret = new Secret(parsed.value);
  return { kind: "fetched", secret, freshUntil: now + vaultFresh, goodUntil: now + vaultGood };
}

function failed(why: string, final: boolean): NotFetched {
  return { kind: "failed", why, final };
}

function at(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}
