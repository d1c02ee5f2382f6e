import type { Secret } from "../base/secret.ts";
import type { Masker } from "../core/finding.ts";
import { type AhoCorasick, buildAhoCorasick } from "./aho-corasick.ts";
import { encodingsOf } from "./exact-encodings.ts";
import type { MaskerOptions } from "./masker.ts";
import { Redactor, type Replace } from "./redactor.ts";
import { RuleError } from "./rule-set.ts";
import { SkipSearch } from "./skip-search.ts";
import type { Span, Thread } from "./thread.ts";
import { Window } from "./window.ts";

/** Shorter values would be found everywhere; in bytes. */
const shortest = 4;

interface Form {
  readonly bytes: Uint8Array;
  /** The value that it is a form of. */
  readonly secret: Uint8Array;
}

/**
 * Masks these very values, in every encoding that they may come back in: as they are, base64 at each alignment,
 * base64url, percent-encoded, hex, escaped for JSON or HTML. Not one byte of any of them is released early.
 * Throws a `RuleError` for a value of fewer than 4 bytes.
 */
export function exactMasker(
  secrets: readonly Secret[],
  options: MaskerOptions & { readonly rule?: string },
): Masker {
  const values = [...new Set(secrets.map((secret) => secret.reveal()))].map(bytesOf);
  const short = values.find((value) => value.length < shortest);
  if (short) throw new RuleError(`a value of fewer than ${shortest} bytes cannot be masked`);
  const forms = values.flatMap((secret) => encodingsOf(secret).map((bytes) => ({ bytes, secret })));
  const bytes = forms.map((form) => form.bytes);
  const literals = buildAhoCorasick(bytes, { foldCase: false });
  const search = new SkipSearch(bytes, literals);
  const { fingerprint, strategy = "mark", rule = "exact" } = options;
  return {
    open: (channel, report) =>
      new Redactor(new ExactMatcher(literals, forms, rule), {
        fingerprint,
        strategy,
        channel,
        report,
      }),
    clean: (_channel, text) => !search.isIn(text),
  };
}

/** Finds these very bytes, in no other encoding, and puts in what `replace` gives. */
export function literalMasker(
  values: readonly Uint8Array[],
  options: MaskerOptions & { readonly rule: string; readonly replace: Replace },
): Masker {
  const forms = values.map((bytes) => ({ bytes, secret: bytes }));
  const literals = buildAhoCorasick([...values], { foldCase: false });
  const search = new SkipSearch(values, literals);
  const { fingerprint, strategy = "mark", rule, replace } = options;
  return {
    open: (channel, report) =>
      new Redactor(new ExactMatcher(literals, forms, rule), {
        fingerprint,
        strategy,
        replace,
        channel,
        report,
      }),
    clean: (_channel, text) => !search.isIn(text),
  };
}

function bytesOf(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

/** Finds literal bytes; what could be the beginning of one is held. */
class ExactMatcher {
  readonly #literals: AhoCorasick;
  readonly #forms: readonly Form[];
  readonly #rule: { readonly id: string; readonly rank: number };
  readonly window = new Window(0);
  readonly threads: readonly Thread[] = [];
  readonly spans: Span[] = [];
  #state: number;
  #position = 0;

  constructor(literals: AhoCorasick, forms: readonly Form[], rule: string) {
    this.#literals = literals;
    this.#forms = forms;
    this.#rule = { id: rule, rank: 0 };
    this.#state = literals.start;
  }

  get position(): number {
    return this.#position;
  }

  get idle(): boolean {
    return this.spans.length === 0 && this.hold() === this.#position;
  }

  hold(): number {
    const { depths, stride } = this.#literals;
    return this.#position - (depths[this.#state / stride] ?? 0);
  }

  scan(chunk: Uint8Array): void {
    this.window.append(chunk);
    const { next, classes, firstHit } = this.#literals;
    let state = this.#state;
    for (let at = 0; at < chunk.length; at++) {
      state = next[state + (classes[chunk[at] as number] as number)] as number;
      if (state >= firstHit) this.#report(state, this.#position + at + 1);
    }
    this.#state = state;
    this.#position += chunk.length;
  }

  end(): void {
    this.#state = this.#literals.start;
  }

  forget(offset: number): void {
    this.window.trim(offset);
  }

  #report(state: number, end: number): void {
    const { hits, firstHit, stride } = this.#literals;
    for (const index of hits[(state - firstHit) / stride] ?? []) {
      const form = this.#forms[index];
      if (!form) continue;
      const start = end - form.bytes.length;
      this.spans.push({ rule: this.#rule, start, end, value: start, secret: form.secret });
    }
  }
}
