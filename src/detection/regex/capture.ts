import { holds, kindOf } from "./dfa.ts";
import type { Nfa } from "./nfa.ts";

interface Thread {
  readonly at: number;
  /** Offsets of the first secret byte and after the last one; -1 where there was none. */
  readonly from: number;
  readonly to: number;
}

/**
 * Where the secret is in a text that the expression matches from end to end, by Perl's rules of preference; nothing
 * where it is empty. `before` and `after` are the bytes around the text, below 0 where there are none.
 */
export function captureSecret(
  nfa: Nfa,
  text: Uint8Array,
  before: number,
  after: number,
): readonly [number, number] | undefined {
  let threads: readonly Thread[] = [{ at: nfa.start, from: -1, to: -1 }];
  text.forEach((byte, at) => {
    const previous = at === 0 ? before : (text[at - 1] ?? 0);
    threads = consume(nfa, settle(nfa, threads, previous, byte), byte, at);
  });
  const last = text.length === 0 ? before : (text[text.length - 1] ?? 0);
  const match = settle(nfa, threads, last, after).find(
    (thread) => nfa.steps[thread.at]?.kind === "match",
  );
  return match && match.from >= 0 ? [match.from, match.to] : undefined;
}

/** The steps that wait for a byte, the preferred first, each once. */
function settle(nfa: Nfa, threads: readonly Thread[], previous: number, next: number): Thread[] {
  const ready: Thread[] = [];
  const seen = new Set<number>();
  const stack = threads.toReversed();
  for (let thread = stack.pop(); thread; thread = stack.pop()) {
    if (seen.has(thread.at)) continue;
    seen.add(thread.at);
    const step = nfa.steps[thread.at];
    if (step?.kind === "split")
      stack.push({ ...thread, at: step.other }, { ...thread, at: step.next });
    else if (step?.kind !== "assert") ready.push(thread);
    else if (holds(step.assertion, kindOf(previous), next))
      stack.push({ ...thread, at: step.next });
  }
  return ready;
}

function consume(nfa: Nfa, ready: readonly Thread[], byte: number, at: number): Thread[] {
  return ready.flatMap((thread) => {
    const step = nfa.steps[thread.at];
    if (step?.kind !== "bytes" || step.set[byte] !== 1) return [];
    if (!step.secret) return [{ ...thread, at: step.next }];
    return [{ at: step.next, from: thread.from < 0 ? at : thread.from, to: at + 1 }];
  });
}
