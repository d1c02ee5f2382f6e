import type { Coverage } from "../core/record.ts";
import type { OpenChannel } from "../protocols/protocol.ts";

/** No audit record lists more kinds than this; the rest count as `other`. */
const mostKinds = 48;

/** Counts what a lens says that it has read of one body, and what it has not. */
export class CoverageCounter {
  readonly #scanned = new Map<string, number>();
  /** By why; made where there is any. */
  #unscanned: Map<string, number> | undefined;

  /** The same channels; what a lens reports to them is counted. */
  on(open: OpenChannel): OpenChannel {
    const same = (channel: string) => open(channel);
    return Object.assign(same, {
      ...(open.clean === undefined ? {} : { clean: open.clean }),
      read: (kind: string, bytes: number) => add(this.#scanned, kind, bytes),
      unread: (kind: string, why: string, bytes: number) => {
        this.#unscanned ??= new Map();
        add(this.#scanned, kind, -bytes);
        add(this.#unscanned, why, bytes);
      },
    });
  }

  /** Counts bytes that were read without a lens. */
  read(kind: string, bytes: number): void {
    add(this.#scanned, kind, bytes);
  }

  get total(): Coverage {
    return { scanned: told(this.#scanned), unscanned: told(this.#unscanned) };
  }
}

const none: ReadonlyMap<string, number> = new Map();

function told(counts: ReadonlyMap<string, number> = none): Readonly<Record<string, number>> {
  const all: Record<string, number> = {};
  for (const [name, bytes] of counts) if (bytes !== 0) all[name] = bytes;
  return all;
}

function add(counts: Map<string, number>, name: string, bytes: number): void {
  if (bytes === 0) return;
  const kind = counts.has(name) || counts.size < mostKinds ? name : "other";
  counts.set(kind, (counts.get(kind) ?? 0) + bytes);
}
