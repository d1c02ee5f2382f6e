import { Recent } from "../base/recent.ts";
import type { Secret } from "../base/secret.ts";
import { hashToken, type Identity } from "./identity.ts";

/** The latest so many tokens, and at most as many again. */
const most = 1000;

/** A token whose signature was checked, and what of its claims depends on the time; seconds since the Unix epoch. */
export interface Verified<Keys> {
  readonly identity: Omit<Identity, "token">;
  /** The keys that it was checked against. */
  readonly keys: Keys;
  /** Gives the keys in use now. */
  readonly current: () => Promise<Keys | undefined>;
  readonly exp: number;
  readonly nbf: number;
  readonly iat: number;
}

/**
 * Tokens of late that were good, known by their SHA-256: one is shown with each request of its client, and its signature
 * does not change. It is good again for as long as the same keys are in use and its time is not over.
 */
export class VerifiedTokens<Keys> {
  readonly #known = new Recent<Verified<Keys>>(most);

  keep(token: Secret, verified: Verified<Keys>): void {
    this.#known.set(hashToken(token), verified);
  }

  /** Undefined where it must be looked at anew. Times in milliseconds. */
  async find(token: Secret, now: number, leeway: number): Promise<Identity | undefined> {
    const known = this.#known.get(hashToken(token));
    if (known === undefined || (await known.current()) !== known.keys) return undefined;
    const seconds = Math.floor(now / 1000);
    const tolerance = leeway / 1000;
    if (known.exp <= seconds - tolerance || known.nbf > seconds + tolerance) return undefined;
    if (known.iat * 1000 > now + leeway) return undefined;
    return { ...known.identity, token };
  }
}
