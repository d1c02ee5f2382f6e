import type { Counters } from "../actions/limit/index.ts";

/** Counters of one process, in memory: each window is forgotten once the next one has passed. */
export function embeddedCounters(): Counters {
  const totals = new Map<string, { readonly window: number; total: number }>();
  let swept = 0;
  return {
    add: async (key, amount, at, window) => {
      if (at - swept > window) {
        for (const [name, { window: end }] of totals) if (end < at - window) totals.delete(name);
        swept = at;
      }
      const end = (Math.floor(at / window) + 1) * window;
      const name = `${end}:${window}:${key}`;
      const counter = totals.get(name) ?? { window: end, total: 0 };
      counter.total += amount;
      totals.set(name, counter);
      return counter.total;
    },
  };
}
