import type { Around } from "./judge.ts";
import { longestValue, lookBack } from "./mark.ts";
import { before, kindOf } from "./regex/dfa.ts";
import { isPlaceholder, placeholderLength } from "./reversible/form.ts";
import { nowhere, type Span, type Thread } from "./thread.ts";
import type { Window } from "./window.ts";

/** How far before a match its line and its name are looked for, and how far back a literal's match may begin. */
export const lookBehind = 64;

/** What a thread that has died there has seen: a secret, or nothing. `lineEnd` is how far its line is known. */
export function verdictOn(
  thread: Thread,
  window: Window,
  position: number,
  lineEnd = position,
): Span | undefined {
  if (thread.hold === nowhere) return undefined;
  if (thread.certain) return spanOf(thread, thread.value, thread.maskedEnd, window);
  if (thread.acceptedEnd === nowhere || !narrow(thread, window, position)) return undefined;
  const end = thread.acceptedEnd;
  if (end <= thread.hold) return undefined;
  // Behind a public prefix (`sk-`) a placeholder may have the form of the rest of the secret.
  const hidden = Math.max(thread.value, thread.hold);
  if (end - hidden === placeholderLength && isPlaceholder(window.copy(hidden, end)))
    return undefined;
  const value = [thread.value, thread.lateValue].find(
    (from) =>
      from !== nowhere && from < end && passes(thread, from, end, window, position, lineEnd),
  );
  return value === undefined ? undefined : spanOf(thread, value, end, window);
}

/** Whether the rule takes these bytes for a secret. What is no longer at hand cannot be cleared. */
export function passes(
  thread: Thread,
  from: number,
  to: number,
  window: Window,
  position: number,
  lineEnd = position,
): boolean {
  if (from < position - lookBack || to - from > longestValue) return true;
  return thread.rule.accepts(
    window.copy(from, to),
    () => new Surroundings(thread, window, position, lineEnd),
  );
}

/** Where a thread has died. */
class Surroundings implements Around {
  readonly #thread: Thread;
  readonly #window: Window;
  readonly #position: number;
  readonly #lineEnd: number;
  readonly #earliest: number;

  constructor(thread: Thread, window: Window, position: number, lineEnd: number) {
    this.#thread = thread;
    this.#window = window;
    this.#position = position;
    this.#lineEnd = lineEnd;
    this.#earliest = Math.max(window.base, thread.start - lookBehind, position - lookBack);
  }

  get match(): Uint8Array {
    const { bytes, base } = this.#window;
    let start = this.#thread.start;
    while (start > this.#earliest && isName(bytes[start - 1 - base])) start--;
    return this.#window.copy(start, this.#position);
  }

  get near(): Uint8Array {
    return this.#window.copy(this.#earliest, this.#position);
  }

  get line(): Uint8Array {
    const text = this.#window.copy(this.#earliest, this.#lineEnd);
    const from = text.lastIndexOf(10, Math.max(0, this.#thread.start - this.#earliest));
    const to = text.indexOf(10, this.#thread.valueEnd - this.#earliest);
    return text.subarray(from + 1, to < 0 ? text.length : to);
  }
}

/** A match may begin in the midst of a name: `nextPageToken` from `Token` on, `AWS::IAM::AccessKey` from `AccessKey` on. */
function isName(byte = 0): boolean {
  return kindOf(byte) === before.word || byte === 0x2d || byte === 0x2e || byte === 0x3a;
}

/** Finds out what exactly is the secret of a complete match, where the automaton does not say. */
function narrow(thread: Thread, window: Window, position: number): boolean {
  const { start, matchEnd, rule } = thread;
  if (!rule.capture || start < position - lookBack) return true;
  const { base, bytes, end } = window;
  const byteAt = (offset: number) =>
    offset < base || offset >= end ? -1 : (bytes[offset - base] ?? -1);
  const secret = rule.capture(window.copy(start, matchEnd), byteAt(start - 1), byteAt(matchEnd));
  if (!secret) return false;
  thread.value = start + secret[0];
  thread.acceptedEnd = start + secret[1];
  return true;
}

function spanOf(thread: Thread, value: number, end: number, window: Window): Span {
  return {
    rule: thread.rule,
    start: Math.max(value, thread.hold),
    end,
    value,
    secret: thread.kept ?? window.copy(value, Math.min(end, value + longestValue)),
  };
}
