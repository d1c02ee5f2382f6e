import type { Masker } from "../../core/finding.ts";
import type { Reversal, ReversalCounts } from "../../core/reversal.ts";
import type { Transform } from "../../http/transform.ts";
import { literalMasker } from "../exact.ts";
import { type Fingerprint, longestValue } from "../mark.ts";
import type { Replace } from "../redactor.ts";
import { fingerprintIn, placeholderOf, prefix } from "./form.ts";
import { Restorer } from "./restorer.ts";

/** Shorter secrets could not be told from other text when they come back; in bytes. They get a mark. */
const shortest = 8;
const sign = Buffer.from(prefix, "latin1");

/** What a session's placeholders stand for, as it was kept: by placeholder. */
export type Kept = ReadonlyMap<string, Uint8Array>;

export interface SessionParts {
  readonly fingerprint: Fingerprint;
  readonly kept: Kept;
  /** No more is put away than so many, and so many bytes in all: the time and memory to find them again grow with it. */
  readonly most: { readonly values: number; readonly bytes: number };
  /** Makes these durable; false where there is no room after all. */
  readonly save: (found: Kept) => Promise<boolean>;
}

/** One session's secrets, read from where they are kept, for one exchange. */
export class SessionReversal implements Reversal {
  readonly #parts: SessionParts;
  readonly #values = new Map<string, Uint8Array>();
  readonly #names = new Map<string, string>();
  readonly #found = new Map<string, Uint8Array>();
  #bytes = 0;
  #asked = 0;
  #closed = false;
  #replaced = 0;
  #restored = 0;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    for (const [name, value] of parts.kept) this.#put(name, value);
  }

  get counts(): ReversalCounts {
    return { replaced: this.#replaced, restored: this.#restored };
  }

  get isEmpty(): boolean {
    return this.#values.size === 0;
  }

  known(): Masker | undefined {
    return this.#maskerOf([...this.#parts.kept.values()]);
  }

  /** What to put in a secret's place; undefined where it cannot be had back, and then a mark must stand there. */
  readonly replace: Replace = (secret, finding) => {
    const name = this.#names.get(latin1(secret)) ?? this.#take(secret, finding);
    if (name !== undefined) this.#replaced += 1;
    return name;
  };

  fresh(): Masker | undefined {
    const found = [...this.#found.values()].slice(this.#asked);
    this.#asked = this.#found.size;
    return this.#maskerOf(found);
  }

  async keep(): Promise<boolean> {
    const kept = this.#found.size === 0 || (await this.#parts.save(this.#found));
    if (kept) this.#found.clear();
    this.#asked = 0;
    return kept;
  }

  close(): void {
    this.#closed = true;
    for (const [name, value] of this.#found) {
      this.#values.delete(name);
      this.#names.delete(latin1(value));
      this.#bytes -= value.length;
    }
    this.#found.clear();
    this.#replaced = 0;
  }

  restore(): Transform {
    return new Restorer((name) => {
      const value = this.#values.get(name);
      if (value !== undefined) this.#restored += 1;
      return value;
    });
  }

  suspects(text: Uint8Array): boolean {
    return Buffer.from(text.buffer, text.byteOffset, text.length).includes(sign);
  }

  #take(secret: Uint8Array, finding: string): string | undefined {
    const { values, bytes } = this.#parts.most;
    const isFull = this.#values.size >= values || this.#bytes + secret.length > bytes;
    if (this.#closed || isFull || !canReturn(secret)) return undefined;
    const own = this.#parts.fingerprint(Buffer.concat([sign, secret]));
    const name = placeholderOf(finding, own);
    // Two secrets of one name cannot be told apart.
    if (this.#values.has(name)) return undefined;
    this.#put(name, secret);
    this.#found.set(name, secret);
    return name;
  }

  #put(name: string, value: Uint8Array): void {
    this.#values.set(name, value);
    this.#names.set(latin1(value), name);
    this.#bytes += value.length;
  }

  #maskerOf(values: readonly Uint8Array[]): Masker | undefined {
    if (values.length === 0) return undefined;
    const { fingerprint } = this.#parts;
    return literalMasker(values, {
      rule: "known-secret",
      fingerprint: (value) => {
        const name = this.#names.get(latin1(value));
        return name === undefined ? fingerprint(value) : fingerprintIn(name);
      },
      replace: this.replace,
    });
  }
}

/** Whether it comes back as it was: not too short or too long, and not cut within a character or a placeholder. */
function canReturn(secret: Uint8Array): boolean {
  const { length } = secret;
  if (length < shortest || length > longestValue || (secret[length - 1] ?? 0) >= 0x80) return false;
  return !Buffer.from(secret.buffer, secret.byteOffset, length).includes(sign);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
