import type { Transform } from "./transform.ts";

/** How much of a body was looked at, and how much was not, and why. */
export interface Coverage {
  /** Bytes of text that were scanned, by channel family: the channel's name without numbers. */
  readonly scanned: ReadonlyMap<string, number>;
  /** Bytes that were not scanned, by reason. */
  readonly skipped: ReadonlyMap<string, number>;
}

/** No audit record lists more families than this; the rest count as `other`. */
const mostFamilies = 64;

/** Counts what goes through the channels of a lens. */
export class CoverageCounter implements Coverage {
  readonly scanned = new Map<string, number>();
  readonly skipped = new Map<string, number>();

  /** The same channels, counted. */
  count(open: (channel: string) => Transform): (channel: string) => Transform {
    return (channel) => {
      const transform = open(channel);
      const family = this.#family(channel);
      return {
        write: (chunk) => {
          this.scanned.set(family, (this.scanned.get(family) ?? 0) + chunk.length);
          return transform.write(chunk);
        },
        flush: () => transform.flush(),
        get pending() {
          return transform.pending ?? Number.POSITIVE_INFINITY;
        },
      };
    };
  }

  skip(bytes: number, why: string): void {
    if (bytes > 0) this.skipped.set(why, (this.skipped.get(why) ?? 0) + bytes);
  }

  #family(channel: string): string {
    const name = channel
      .split(".")
      .filter((part) => !/^\d+$/.test(part))
      .slice(0, 6)
      .join(".");
    return this.scanned.has(name) || this.scanned.size < mostFamilies ? name : "other";
  }
}

/** The coverage as one line: `scanned choices.delta.content=120 body=7; skipped kept=44`. */
export function coverageLine({ scanned, skipped }: Coverage): string {
  const list = (counts: ReadonlyMap<string, number>) =>
    [...counts].map(([name, bytes]) => `${name}=${bytes}`).join(" ") || "nothing";
  return `scanned ${list(scanned)}; skipped ${list(skipped)}`;
}
