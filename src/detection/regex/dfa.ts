import { newline, wordBytes } from "./byte-set.ts";
import type { Nfa, Step } from "./nfa.ts";
import { type Assertion, RegexError } from "./syntax.ts";

/** In a table entry: the bytes before this one are a whole match. */
export const accepts = 1 << 30;
/** In a table entry: this byte belongs to the secret. */
export const inSecret = 1 << 29;
/** The rest of a table entry: the row to go on from; 0 is the dead row. */
export const rowMask = inSecret - 1;

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

/** Steps looked at before an expression is given up. */
const maxWork = 20_000_000;

type Take = Step & { kind: "bytes" };

interface State {
  readonly kernel: readonly number[];
  readonly before: number;
}

/** Determinises by subset construction; throws a `RegexError` past `maxStates`. */
export function buildDfa(nfa: Nfa, maxStates = 4096): Dfa {
  return new Builder(nfa, maxStates).build();
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

  constructor(nfa: Nfa, maxStates: number) {
    this.#nfa = nfa;
    this.#maxStates = maxStates;
    this.#seen = new Uint32Array(nfa.steps.length);
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
    return this.#states.push({ kernel, before: kind }) - 1;
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
    return from.length === 1 ? kernel : kernel.sort((a, b) => a - b);
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
    kernel.sort((a, b) => a - b);
    this.#closures[start] = kernel;
    return kernel;
  }

  #step(state: State, byte: number, stride: number): number {
    const steps = this.#reachable(state, byte).map((at) => this.#nfa.steps[at]);
    const taken = steps.filter((step) => step?.kind === "bytes" && step.set[byte] === 1) as Take[];
    let flags = steps.some((step) => step?.kind === "match") ? accepts : 0;
    if (taken.length === 0) return flags;
    const secret = taken.filter((step) => step.secret).length;
    if (secret > 0) flags |= inSecret;
    if (secret > 0 && secret < taken.length) this.#ambiguous = true;
    const targets = taken.map((step) => step.next);
    const kind = this.#kind(kindOf(byte));
    return flags | (this.#intern(this.#closure(targets), kind) * stride);
  }

  /** The steps that a state stands for, once the assertions before that byte are answered. */
  #reachable(state: State, byte: number): readonly number[] {
    this.#work += state.kernel.length;
    if (this.#work > maxWork)
      throw new RegexError("the expression is too large to be determinised");
    if (this.#asserted.size === 0) return state.kernel;
    const reached = [...state.kernel];
    const seen = new Set(reached);
    for (const at of reached) {
      const step = this.#nfa.steps[at];
      if (step?.kind !== "assert" || !holds(step.assertion, state.before, byte)) continue;
      for (const next of this.#closureOf(step.next)) {
        if (seen.has(next)) continue;
        seen.add(next);
        reached.push(next);
      }
    }
    return reached;
  }
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
