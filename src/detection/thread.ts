import { longestValue } from "./mark.ts";
import { abandons, inSecret } from "./regex/dfa.ts";
import type { CompiledRule } from "./rule-set.ts";
import type { Window } from "./window.ts";

/** No offset: before anything that a stream can hold. */
export const nowhere = -(2 ** 30);

/** One rule at work on one place of a stream. Offsets are in bytes from the start of the stream. */
export class Thread {
  readonly rule: CompiledRule;
  readonly table: Int32Array;
  readonly classes: Uint8Array;
  row: number;
  /** Where the match begins. */
  readonly start: number;
  /** The value, so far: from the first byte that may belong to it, up to (not with) `valueEnd`. */
  value = nowhere;
  valueEnd = nowhere;
  /** The latest start of a value that was merged into this thread. */
  lateValue = nowhere;
  /** From here on nothing may be released; the value but for its public prefix. */
  hold = nowhere;
  /** `valueEnd` when the longest match so far was complete. */
  acceptedEnd = nowhere;
  /** Where that match ended. */
  matchEnd = nowhere;
  /** It will be masked, whatever comes. */
  certain = false;
  /** It went on for too long to be understood: everything is masked until the thread ends. */
  swallowing = false;
  /**
   * An endless value is looked at when it has this length, and again whenever that has doubled, so that the cost stays
   * linear. What is shorter is judged as a whole.
   */
  nextLook = 128;
  /** The beginning of a value that is too long to keep. */
  kept: Uint8Array | undefined;

  constructor(rule: CompiledRule, start: number, row: number) {
    this.rule = rule;
    this.table = rule.dfa.table;
    this.classes = rule.dfa.classes;
    this.start = start;
    this.row = row;
  }

  /** What has been held is no secret after all; the rule goes on in its context. */
  abandon(): void {
    if (this.certain || this.acceptedEnd !== nowhere) return;
    this.value = nowhere;
    this.valueEnd = nowhere;
    this.lateValue = nowhere;
    this.hold = nowhere;
    this.kept = undefined;
  }

  /** Up to where it is certain that bytes must be masked. */
  get maskedEnd(): number {
    return this.swallowing ? this.valueEnd : this.acceptedEnd;
  }
}

/** Takes down what that byte is to the thread, by its entry in the thread's table. */
export function noteByte(thread: Thread, entry: number, at: number, window: Window): void {
  if (entry & inSecret || thread.swallowing) takeSecretByte(thread, at, window);
  else if (entry & abandons) thread.abandon();
}

function takeSecretByte(thread: Thread, at: number, window: Window): void {
  if (thread.value === nowhere) thread.value = at;
  if (thread.hold === nowhere) thread.hold = at;
  thread.valueEnd = at + 1;
  if (at - thread.hold < longestValue) return;
  if (!thread.certain && thread.rule.refutes(window.copy(thread.value, at))) {
    thread.abandon();
    return;
  }
  if (!thread.certain || at - thread.acceptedEnd >= longestValue) {
    thread.certain = true;
    thread.swallowing = true;
  }
  thread.kept ??= window.copy(thread.value, thread.value + longestValue);
}

/** Threads of one rule in one state have one future: the earlier stands for both. */
export function merged(threads: Thread[]): Thread[] {
  const kept: Thread[] = [];
  for (const thread of threads) {
    const twin = kept.find((other) => other.rule === thread.rule && other.row === thread.row);
    if (!twin || (twin.value === nowhere) !== (thread.value === nowhere)) kept.push(thread);
    else if (thread.acceptedEnd !== nowhere && twin.acceptedEnd === nowhere) kept.push(thread);
    else if (thread.value !== nowhere) twin.lateValue = thread.value;
  }
  return kept.length < threads.length ? kept : threads;
}

/** Bytes that are to be masked. */
export interface Span {
  readonly rule: { readonly id: string; readonly rank: number };
  readonly start: number;
  /** May lie ahead of the stream, where it is not known yet how much must be masked. */
  readonly end: number;
  /** Where the value begins, public prefix included. */
  readonly value: number;
  /** The value, or its first 4,096 bytes. */
  readonly secret: Uint8Array;
}
