import type { Clock } from "../base/clock.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Act } from "../core/record.ts";
import { keyFolder, sessionFolder } from "./layout.ts";
import type { Shelf } from "./shelf.ts";

/** Someone who may take part in opening a raw recording; two of them are never one person under two names. */
export interface Custodian {
  readonly id: string;
  /** Every name by which they might be known. */
  readonly names: readonly string[];
}

/** A raw part and its key as it is at this step: under both locks, or under the inner one alone. */
export interface LockedKey {
  readonly part: string;
  /** An `age` file, base64. */
  readonly key: string;
}

/** What somebody who asks is to do: take off the outer lock and bring back what is in it; or read. */
export type RawStep =
  | { readonly step: "unlock"; readonly keys: readonly LockedKey[]; readonly until: number }
  | { readonly step: "read"; readonly keys: readonly LockedKey[]; readonly until: number };

export interface RawParts {
  readonly shelf: Pick<Shelf, "get" | "names" | "open">;
  readonly clock: Clock;
  /** Resolves when what was done is durable in the audit log. */
  readonly act: (act: Act) => Promise<void>;
  /** For how many milliseconds an asking, and then an opening, is good. */
  readonly open: number;
}

interface Opening {
  readonly first: Custodian;
  readonly until: number;
  /** Keys without their outer lock; empty until the first person has brought them. */
  halves: readonly LockedKey[];
  second?: Custodian;
}

const ageHeader = "age-encryption.org/v1\n";
const longestKey = 65_536;

/**
 * The opening of raw recordings: one person asks and takes the outer lock off their keys, on their own machine; another
 * asks and reads, on theirs. The gateway passes on locked keys and encrypted parts, and can open neither. Each step is an
 * act in the audit log before it is taken; what is not finished in time, or when the gateway restarts, begins anew.
 */
export class RawOpenings {
  readonly #parts: RawParts;
  readonly #openings = new Map<string, Opening>();

  constructor(parts: RawParts) {
    this.#parts = parts;
  }

  /** Asks to open a session's raw recording, with a reason. */
  async ask(session: string, by: Custodian, reason: string): Promise<Result<RawStep>> {
    const keys = await this.#lockedKeys(session);
    if (keys.length === 0) return err("nothing raw is kept of that session");
    const known = this.#current(session);
    if (known === undefined || known.halves.length === 0 || same(known.first, by)) {
      if (known !== undefined && !same(known.first, by))
        return err("somebody else has asked, and has not yet taken off the outer lock");
      await this.#act("recording.raw-ask", session, by, reason);
      const until = this.#parts.clock.now() + this.#parts.open;
      this.#openings.set(session, { first: by, until, halves: [] });
      return ok({ step: "unlock", keys, until });
    }
    if (known.second !== undefined && !same(known.second, by))
      return err("two others have opened it");
    await this.#act("recording.raw-open", session, by, `${reason}; with ${known.first.id}`);
    known.second = by;
    return ok({ step: "read", keys: known.halves, until: known.until });
  }

  /** Takes the keys without their outer lock, from whoever has asked; the inner lock is still on. */
  async unlock(
    session: string,
    by: Custodian,
    halves: readonly LockedKey[],
  ): Promise<Result<{ readonly until: number }>> {
    const known = this.#current(session);
    if (known === undefined || !same(known.first, by)) return err("ask first: nothing is open");
    const parts = (await this.#lockedKeys(session)).map(({ part }) => part);
    if (!parts.every((part) => halves.some((half) => half.part === part)))
      return err("not every key is there");
    if (!halves.every(({ part, key }) => parts.includes(part) && isLocked(key)))
      return err("a key that is under no lock is not taken");
    await this.#act("recording.raw-unlock", session, by, `${halves.length} keys`);
    known.halves = halves;
    return ok({ until: known.until });
  }

  /** The bytes of a raw part, still encrypted, for the second of two people, until their time is over. */
  async *read(session: string, part: string): AsyncGenerator<Buffer> {
    const source = await this.#parts.shelf.open(`${sessionFolder(session)}/${part}`);
    if (source === undefined) return;
    try {
      for (let at = 0; at < source.size; ) {
        const bytes = await source.read(at, 1024 * 1024);
        if (bytes.length === 0) return;
        at += bytes.length;
        yield bytes;
      }
    } finally {
      await source.close();
    }
  }

  /** Whether they may read that part now. */
  mayRead(session: string, part: string, by: Custodian): boolean {
    const known = this.#current(session);
    return (
      known?.second !== undefined &&
      same(known.second, by) &&
      known.halves.some((half) => half.part === part)
    );
  }

  #current(session: string): Opening | undefined {
    const known = this.#openings.get(session);
    if (known !== undefined && known.until > this.#parts.clock.now()) return known;
    this.#openings.delete(session);
    return undefined;
  }

  async #lockedKeys(session: string): Promise<readonly LockedKey[]> {
    const { shelf } = this.#parts;
    const folder = keyFolder(session);
    const keys: LockedKey[] = [];
    for (const name of await shelf.names(folder)) {
      const [, part] = /^(.*\.raw)\.age$/.exec(name) ?? [];
      const key = part === undefined ? undefined : await shelf.get(`${folder}/${name}`);
      if (part !== undefined && key !== undefined) keys.push({ part, key: key.toString("base64") });
    }
    return keys;
  }

  #act(action: string, session: string, by: Custodian, detail: string): Promise<void> {
    return this.#parts.act({ action, actor: by.id, subject: session, outcome: "success", detail });
  }
}

function same(one: Custodian, other: Custodian): boolean {
  return one.id === other.id || one.names.some((name) => other.names.includes(name));
}

function isLocked(key: string): boolean {
  const bytes = Buffer.from(key, "base64");
  return bytes.length <= longestKey && bytes.toString("latin1").startsWith(ageHeader);
}
