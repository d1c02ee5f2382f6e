import type { Principal } from "../core/principal.ts";

/** So many are remembered; those that were seen longest ago are forgotten first. */
const most = 1000;

/** Makes one object of principals that say the same: each request of a session brings one, and thousands may wait with theirs. */
export class Principals {
  readonly #known = new Map<string, Principal>();

  /** The principal that was seen before and says all that this one says, else this one. */
  one(principal: Principal): Principal {
    const text = JSON.stringify(principal);
    const same = this.#known.get(text) ?? principal;
    this.#known.delete(text);
    this.#known.set(text, same);
    const [oldest] = this.#known.keys();
    if (this.#known.size > most && oldest !== undefined) this.#known.delete(oldest);
    return same;
  }
}
