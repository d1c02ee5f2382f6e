import type { Clock } from "../base/clock.ts";
import type { Result } from "../base/result.ts";
import type { Secret } from "../base/secret.ts";
import type { AskJson } from "./json-client.ts";

/** After a renewal that did not come about, so long until the next attempt, in milliseconds. */
export const renewalPause = 15_000;

export interface LeaseParts {
  /** `POST /v1/auth/token/renew-self` of that Vault. */
  readonly url: URL;
  headers(token: Secret): Readonly<Record<string, string>>;
  token(): Promise<Result<Secret>>;
  readonly clock: Clock;
  readonly ask: AskJson;
}

/**
 * Keeps Vault's own token alive: renews it at once and then half-way through each lease, until Vault says that it cannot
 * be renewed (a root token, one at its longest life). A token that was replaced is renewed in its place, a failed
 * renewal tried again. The function returned stops it.
 */
export function keepLease(parts: LeaseParts): () => void {
  const { clock } = parts;
  let stopped = false;
  let cancel = (): void => {};
  const later = (ms: number): void => {
    if (!stopped) cancel = clock.after(ms, () => void turn());
  };
  const turn = async (): Promise<void> => {
    const next = await renew(parts).catch(() => renewalPause);
    later(next);
  };
  void turn();
  return () => {
    stopped = true;
    cancel();
  };
}

/** How long to wait until the next renewal, in milliseconds. */
async function renew({ url, headers, token, ask }: LeaseParts): Promise<number> {
  const own = await token();
  if (!own.ok) return renewalPause;
  const { status, body } = await ask({
    method: "POST",
    url,
    headers: headers(own.value),
    body: {},
  });
  const lease = status === 200 ? leaseOf(body) : undefined;
  if (lease === undefined) return renewalPause;
  // One that does not end, or cannot be renewed, is looked at again now and then: it may be replaced.
  return lease.renewable && lease.seconds > 0 ? lease.seconds * 500 : unrenewable;
}

const unrenewable = 5 * 60_000;

function leaseOf(
  body: unknown,
): { readonly seconds: number; readonly renewable: boolean } | undefined {
  if (typeof body !== "object" || body === null || !("auth" in body)) return undefined;
  const { auth } = body;
  if (typeof auth !== "object" || auth === null) return undefined;
  const seconds = "lease_duration" in auth ? Number(auth.lease_duration) : Number.NaN;
  if (!Number.isFinite(seconds) || seconds < 0) return undefined;
  return { seconds, renewable: "renewable" in auth && auth.renewable === true };
}
