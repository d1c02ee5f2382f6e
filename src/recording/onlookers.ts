import type { Seen } from "./sink.ts";

/** Someone who watches a running session. */
export type Onlooker = (record: string, what: Seen) => void;

/** Those who watch running sessions. */
export class Onlookers {
  readonly #watching = new Map<string, Set<Onlooker>>();

  /** Shows each entry and piece of that session from now on; the function returned ends it. */
  watch(session: string, onlooker: Onlooker): () => void {
    const watching = this.#watching.get(session) ?? new Set();
    watching.add(onlooker);
    this.#watching.set(session, watching);
    return () => {
      watching.delete(onlooker);
      if (watching.size === 0) this.#watching.delete(session);
    };
  }

  /** Whether anybody watches that session now. */
  anyAt(session: string): boolean {
    return this.#watching.has(session);
  }

  tell(session: string, record: string, what: Seen): void {
    for (const onlooker of this.#watching.get(session) ?? []) onlooker(record, what);
  }
}
