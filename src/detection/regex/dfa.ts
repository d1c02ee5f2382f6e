import { newline, wordBytes } from "./byte-set.ts";
import type { Nfa, Step } from "./nfa.ts";
import { type Assertion, RegexError } from "./syntax.ts";

/** In a table entry: the bytes before this one are a whole match. */
export const accepts = 1 << 30;
/** In a table entry: this byte belongs to the secret. */
export const inSecret = 1 << 29;
/** In a table entry: what looked like the start of the secret was none; no byte before this one belongs to it. */
export const abandons = 1 << 28;
/** The rest of a table entry: the row to go on from; 0 is the dead row. */
export const rowMask = abandons - 1;
export const flagMask = accepts | inSecret | abandons;

/** What stands before a byte. */
export const before = { nothing: 0, other: 1, word: 2, newline: 3 } as const;

/**
 * An anchored automaton as one flat table: `table[row + classes[byte]]` is the next row, with flags. Acceptance needs
 * to see the byte after the match (or the end of the text, class `end`), because of `\b` and `$`.
 */
export interface Dfa {
  readonly table: Int32Array;
  readonly classes: Uint8Array;
  /** The class that stands for the end of the text. */
  readonly end: number;
  /** First rows, by what stands before the first byte. */
  readonly starts: readonly [number, number, number, number];
  readonly states: number;
  /** Some byte can be inside and outside of the secret at once, so the span is an upper bound. */
  readonly ambiguous: boolean;
}

/** A rule with more states than this is refused. */
export const maxStates = 4096;

/** Steps looked at before an expression is given up. */
const maxWork = 20_000_000;

type Take = Step & { kind: "bytes" };

interface State {
  /** Steps, the preferred first where preference counts. */
  readonly kernel: readonly number[];
  readonly before: number;
  /** Some step of it has a byte of the secret behind it. */
  readonly begun: boolean;
}

/**
 * Determinises by subset construction; throws a `RegexError` past `most` states. Of all matches from one place the longest
 * counts; where a repetition is lazy, the one that Perl prefers, lest a match go on to the last end that it can find.
 */
export function buildDfa(nfa: Nfa, most = maxStates): Dfa {
  return new Builder(nfa, most).build();
}

/** Groups bytes that no step tells apart. */
function classify(nfa: Nfa, asserted: ReadonlySet<Assertion>) {
  const sets = new Set(nfa.steps.flatMap((step) => (step.kind === "bytes" ? [step.set] : [])));
  if (asserted.size > 0) sets.add(wordBytes).add(newline);
  const classes = new Uint8Array(256);
  const samples: number[] = [];
  const known = new Map<string, number>();
  for (let byte = 0; byte < 256; byte++) {
    let signature = "";
    for (const set of sets) signature += set[byte];
    const found = known.get(signature) ?? samples.push(byte) - 1;
    known.set(signature, found);
    classes[byte] = found;
  }
  return { classes, samples };
}

class Builder {
  readonly #nfa: Nfa;
  readonly #maxStates: number;
  readonly #asserted: ReadonlySet<Assertion>;
  readonly #states: State[] = [];
  readonly #known = new Map<string, number>();
  #ambiguous = false;
  readonly #closures: (readonly number[] | undefined)[] = [];
  /** Which call of `#closure` has met a step last. */
  readonly #seen: Uint32Array;
  #generation = 0;
  #work = 0;
  /** Steps that may have a byte of the secret behind them. */
  readonly #begun: ReadonlySet<number>;

  constructor(nfa: Nfa, maxStates: number) {
    this.#nfa = nfa;
    this.#maxStates = maxStates;
    this.#seen = new Uint32Array(nfa.steps.length);
    this.#begun = stepsAfterSecret(nfa);
    this.#asserted = new Set(
      nfa.steps.flatMap((step) => (step.kind === "assert" ? [step.assertion] : [])),
    );
  }

  build(): Dfa {
    const { classes, samples } = classify(this.#nfa, this.#asserted);
    const end = samples.length;
    const stride = 1 << Math.ceil(Math.log2(end + 1));
    this.#intern([], 0);
    const origin = this.#closure([this.#nfa.start]);
    const start = (kind: number) => this.#intern(origin, this.#kind(kind)) * stride;
    const starts = [start(0), start(1), start(2), start(3)] as const;
    const rows: Int32Array[] = [];
    for (let state = 0; state < this.#states.length; state++) {
      const row = new Int32Array(stride);
      const from = this.#states[state];
      if (from === undefined || state === 0) {
        rows.push(row);
        continue;
      }
      samples.forEach((byte, index) => {
        row[index] = this.#step(from, byte, stride);
      });
      row[end] = this.#step(from, -1, stride);
      rows.push(row);
    }
    const table = new Int32Array(rows.length * stride);
    rows.forEach((row, index) => {
      table.set(row, index * stride);
    });
    return { table, classes, end, starts, states: rows.length, ambiguous: this.#ambiguous };
  }

  /** Forgets what no assertion of this expression asks about. */
  #kind(kind: number): number {
    const word = this.#asserted.has("word-boundary") || this.#asserted.has("not-word-boundary");
    const text = this.#asserted.has("text-start");
    const line = this.#asserted.has("line-start");
    if (kind === before.word) return word ? kind : before.other;
    if (kind === before.newline) return line ? kind : before.other;
    if (kind === before.nothing) return text || line ? kind : before.other;
    return kind;
  }

  #intern(kernel: readonly number[], kind: number): number {
    const key = `${kind}:${kernel.join(",")}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#states.length > this.#maxStates)
      throw new RegexError(`the expression needs more than ${this.#maxStates} states`);
    this.#known.set(key, this.#states.length);
    const begun = kernel.some((at) => this.#begun.has(at));
    return this.#states.push({ kernel, before: kind, begun }) - 1;
  }

  /** What can be reached without a byte and without an answer to an assertion, in order. */
  #closure(from: readonly number[]): readonly number[] {
    const generation = ++this.#generation;
    const kernel: number[] = [];
    for (const target of from)
      for (const at of this.#closureOf(target)) {
        if (this.#seen[at] === generation) continue;
        this.#seen[at] = generation;
        kernel.push(at);
      }
    return this.#nfa.lazy || from.length === 1 ? kernel : kernel.sort((a, b) => a - b);
  }

  #closureOf(start: number): readonly number[] {
    const known = this.#closures[start];
    if (known) return known;
    const seen = new Set<number>();
    const kernel: number[] = [];
    const stack = [start];
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      const step = this.#nfa.steps[at];
      if (step?.kind === "split") stack.push(step.other, step.next);
      else kernel.push(at);
    }
    if (!this.#nfa.lazy) kernel.sort((a, b) => a - b);
    this.#closures[start] = kernel;
    return kernel;
  }

  #step(state: State, byte: number, stride: number): number {
    const reached = this.#reachable(state, byte).map((at) => this.#nfa.steps[at]);
    const match = reached.findIndex((step) => step?.kind === "match");
    // What is less preferred than a match has lost.
    const steps = this.#nfa.lazy && match >= 0 ? reached.slice(0, match) : reached;
    const taken = steps.filter((step) => step?.kind === "bytes" && step.set[byte] === 1) as Take[];
    let flags = match >= 0 ? accepts : 0;
    if (taken.length === 0) return flags;
    const secret = taken.filter((step) => step.secret).length;
    if (secret > 0) flags |= inSecret;
    if (secret > 0 && secret < taken.length) this.#ambiguous = true;
    const kind = this.#kind(kindOf(byte));
    const target = this.#intern(this.#closure(taken.map((step) => step.next)), kind);
    if (state.begun && !this.#states[target]?.begun) flags |= abandons;
    return flags | (target * stride);
  }

  /** The steps that a state stands for, once the assertions before that byte are answered. */
  #reachable(state: State, byte: number): readonly number[] {
    this.#work += state.kernel.length;
    if (this.#work > maxWork)
      throw new RegexError("the expression is too large to be determinised");
    if (this.#asserted.size === 0) return state.kernel;
    const reached: number[] = [];
    const seen = new Set<number>();
    const stack = state.kernel.toReversed();
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      const step = this.#nfa.steps[at];
      if (step?.kind !== "assert") reached.push(at);
      else if (holds(step.assertion, state.before, byte))
        stack.push(...this.#closureOf(step.next).toReversed());
    }
    return reached;
  }
}

/** What can be reached from behind a byte of the secret. */
function stepsAfterSecret({ steps }: Nfa): ReadonlySet<number> {
  const reached = new Set<number>();
  const stack = steps.flatMap((step) => (step.kind === "bytes" && step.secret ? [step.next] : []));
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (reached.has(at)) continue;
    reached.add(at);
    const step = steps[at];
    if (step === undefined || step.kind === "match") continue;
    stack.push(step.next);
    if (step.kind === "split") stack.push(step.other);
  }
  return reached;
}

/** What a byte is to the assertion that follows it; below 0 is the start of the text. */
export function kindOf(byte: number): number {
  if (byte < 0) return before.nothing;
  if (byte === 10) return before.newline;
  return wordBytes[byte] === 1 ? before.word : before.other;
}

/** Whether the assertion holds after a byte of that kind and before that byte (below 0 is the end). */
export function holds(assertion: Assertion, kind: number, byte: number): boolean {
  const atBoundary = (kind === before.word) !== (byte >= 0 && wordBytes[byte] === 1);
  switch (assertion) {
    case "word-boundary":
      return atBoundary;
    case "not-word-boundary":
      return !atBoundary;
    case "text-start":
      return kind === before.nothing;
    case "text-end":
      return byte < 0;
    case "line-start":
      return kind === before.nothing || kind === before.newline;
    case "line-end":
      return byte < 0 || byte === 10;
  }
}
