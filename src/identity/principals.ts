import { Recent } from "../base/recent.ts";
import type { Principal } from "../core/principal.ts";

/** The latest so many are remembered, and at most as many again, if what they say has no more characters than that. */
const most = 500;
const longest = 64 * 1024;

/** Makes one object of principals that say the same: each request of a session brings one, and thousands may wait with theirs. */
export class Principals {
  readonly #ones = new WeakSet<Principal>();
  readonly #known = new Recent<Principal>(most, longest);

  /** The principal that was seen before and says all that this one says, else this one. */
  one(principal: Principal): Principal {
    // Where sessions are kept in memory it is the same object each time.
    if (this.#ones.has(principal)) return principal;
    const one = this.#known.take(JSON.stringify(principal), () => principal);
    this.#ones.add(one);
    return one;
  }
}
