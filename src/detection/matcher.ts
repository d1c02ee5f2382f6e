import { LineWait } from "./line-wait.ts";
import { lookBack } from "./mark.ts";
import { accepts, before, inSecret, kindOf, rowMask } from "./regex/dfa.ts";
import type { Candidate, CompiledRule, RuleSet } from "./rule-set.ts";
import { merged, noteByte, nowhere, type Span, Thread } from "./thread.ts";
import { lookBehind, passes, verdictOn } from "./verdict.ts";
import { Window } from "./window.ts";

/** More rules than this at work on one place means that somebody plays with us. */
const maxThreads = 24;
/** One rule that begins again and again within its own match: more of that is no text either. */
const maxPerRule = 4;
/** From this many threads on, equal ones are merged. */
const mergeFrom = 4;
const nobody = { id: "overflow", rank: Number.MAX_SAFE_INTEGER };
const empty = new Uint8Array(0);

/**
 * Finds secrets in a stream of bytes, in one pass and in bounded memory, however the stream is cut.
 *
 * An Aho-Corasick automaton over the rules' literals reads each byte once. Where a literal ends, a thread starts: the
 * rule's own DFA, replayed from the start of the match. A thread notes the first byte that may belong to a secret;
 * nothing from there on may be released until the thread has died (the longest complete match counts, if its value
 * passes the rule's checks). Everything else may go at once: context (`password: "`) and public prefixes (`ghp_`)
 * are no secrets.
 *
 * Every doubt ends in a mask: a value that is held for longer than 4,096 bytes, a value without an end that has
 * passed once, more threads than can be followed.
 */
export class Matcher {
  readonly #set: RuleSet;
  readonly window = new Window(0);
  readonly #lines = new LineWait(this.window);
  #threads: Thread[] = [];
  #state = 0;
  /** Offset of the next byte to read. */
  #position = 0;
  /** Findings in no order, some ahead of the stream. */
  readonly spans: Span[] = [];

  /** `context` is text that stands before the stream (a key) and is not part of it. */
  constructor(set: RuleSet, context: Uint8Array = empty) {
    this.#set = set;
    this.restart(context);
  }

  /** Begins another stream, as a new matcher would. */
  restart(context: Uint8Array): void {
    this.#state = this.#set.literals.start;
    this.#position = -context.length;
    this.#threads = [];
    this.#lines.clear();
    this.spans.length = 0;
    this.window.restart(this.#position);
    if (context.length > 0) this.#prime(context);
  }

  get position(): number {
    return this.#position;
  }

  /** Nothing is held, found or half seen. */
  get idle(): boolean {
    return this.#threads.length === 0 && this.spans.length === 0 && this.#lines.isEmpty;
  }

  /** Where the literals' automaton stands. */
  get state(): number {
    return this.#state;
  }

  get threads(): readonly Thread[] {
    return this.#threads;
  }

  /** The first byte that may belong to a secret that is not settled; the position, if there is none. */
  hold(): number {
    let hold = this.#position;
    for (const thread of this.#threads)
      if (thread.hold !== nowhere && thread.hold < hold) hold = thread.hold;
    return this.#lines.isEmpty ? hold : Math.min(hold, this.#lines.hold());
  }

  /** Reads the next bytes. They are in the window until `forget`. */
  scan(chunk: Uint8Array): void {
    this.window.append(chunk);
    const bytes = this.window.bytes;
    const base = this.window.base;
    const end = this.window.end;
    while (this.#position < end) {
      const [only] = this.#threads;
      if (only === undefined) this.#position = this.#skim(bytes, base, end);
      else if (this.#threads.length === 1 && !this.#set.anywhere) this.#follow(only, bytes, end);
      else this.#advance(bytes[this.#position - base] ?? 0);
      if (this.#state >= this.#set.literals.firstHit) this.#spawn();
    }
    if (!this.#lines.isEmpty) this.spans.push(...this.#lines.settle(false));
  }

  /** The stream is over: settles every thread. */
  end(): void {
    for (const thread of this.#threads) {
      const entry = thread.table[thread.row + thread.rule.dfa.end] ?? 0;
      if (entry & accepts) this.#accept(thread);
      this.#settle(thread);
    }
    this.#threads = [];
    this.spans.push(...this.#lines.settle(true));
  }

  /** The bytes before that offset will not be asked for again, as far as the caller is concerned. */
  forget(offset: number): void {
    let keep = Math.min(offset, this.#position - lookBehind);
    if (!this.#lines.isEmpty) keep = Math.min(keep, this.#lines.kept());
    for (const thread of this.#threads)
      keep = Math.min(keep, thread.kept ? thread.maskedEnd : thread.start - lookBehind);
    this.window.trim(Math.max(keep, Math.min(offset, this.#position - lookBack)));
  }

  #prime(context: Uint8Array): void {
    this.scan(context);
    this.spans.length = 0;
    this.#threads = this.#threads.filter((thread) => thread.hold === nowhere);
  }

  /** Reads on while no rule is at work, up to and with the byte that ends a literal. */
  #skim(bytes: Uint8Array, base: number, end: number): number {
    if (this.#set.anywhere) return this.#skimSlowly(this.#set.anywhere, bytes, base, end);
    const { next, classes, firstHit } = this.#set.literals;
    const last = end - base;
    let state = this.#state;
    let at = this.#position - base;
    while (at < last) {
      state = next[state + (classes[bytes[at++] as number] as number)] as number;
      if (state >= firstHit) break;
    }
    this.#state = state;
    return base + at;
  }

  /** The same with rules that have no literal: each byte that one of them may begin with starts a thread. */
  #skimSlowly(
    anywhere: readonly (readonly CompiledRule[])[],
    bytes: Uint8Array,
    base: number,
    end: number,
  ): number {
    const { next, classes, firstHit } = this.#set.literals;
    const last = end - base;
    let at = this.#position - base;
    let kind = this.#kindBefore(this.#position);
    while (at < last) {
      const byte = bytes[at++] as number;
      this.#state = next[this.#state + (classes[byte] as number)] as number;
      const rules = anywhere[kind * 256 + byte] as readonly CompiledRule[];
      if (rules.length > 0) {
        this.#startAnywhere(rules, byte, base + at - 1);
        break;
      }
      if (this.#state >= firstHit) break;
      kind = kindOf(byte);
    }
    return base + at;
  }

  #kindBefore(offset: number): number {
    const index = offset - 1 - this.window.base;
    return index < 0 ? before.nothing : kindOf(this.window.bytes[index] ?? 0);
  }

  /** Reads on with one rule at work, which is the usual case, until it is done or a literal ends. */
  #follow(thread: Thread, bytes: Uint8Array, end: number): void {
    const { next, classes, firstHit } = this.#set.literals;
    const { table, classes: kinds } = thread;
    const base = this.window.base;
    let state = this.#state;
    let row = thread.row;
    let at = this.#position;
    do {
      const byte = bytes[at - base] as number;
      const entry = table[row + (kinds[byte] as number)] as number;
      this.#position = at;
      if (entry & accepts) this.#accept(thread);
      row = entry & rowMask;
      if (row === 0) {
        if (thread.hold !== nowhere) this.#settle(thread);
      } else noteByte(thread, entry, at, this.window);
      state = next[state + (classes[byte] as number)] as number;
      at++;
    } while (at < end && row !== 0 && state < firstHit);
    thread.row = row;
    if (row === 0) this.#threads = [];
    this.#state = state;
    this.#position = at;
  }

  /** One byte, with rules at work. */
  #advance(byte: number): void {
    const at = this.#position;
    const threads = this.#threads;
    let alive = 0;
    for (const thread of threads) {
      const entry = thread.table[thread.row + (thread.classes[byte] as number)] as number;
      if (entry & accepts) this.#accept(thread);
      const row = entry & rowMask;
      if (row === 0) {
        this.#settle(thread);
        continue;
      }
      thread.row = row;
      noteByte(thread, entry, at, this.window);
      threads[alive++] = thread;
    }
    if (alive < threads.length) threads.length = alive;
    const { next, classes } = this.#set.literals;
    this.#state = next[this.#state + (classes[byte] as number)] as number;
    const rules = this.#set.anywhere?.[this.#kindBefore(at) * 256 + byte];
    if (rules && rules.length > 0) this.#startAnywhere(rules, byte, at);
    this.#position = at + 1;
  }

  /** The bytes read so far are a whole match. */
  #accept(thread: Thread): void {
    thread.acceptedEnd = thread.valueEnd;
    thread.matchEnd = this.#position;
    if (!thread.rule.endless || thread.certain || thread.value === nowhere) return;
    if (thread.valueEnd - thread.value < thread.nextLook) return;
    thread.nextLook = 2 * (thread.valueEnd - thread.value);
    thread.certain = passes(thread, thread.value, thread.valueEnd, this.window, this.#position);
  }

  /** A thread has died: what it saw is a finding or nothing. */
  #settle(thread: Thread): void {
    const span = verdictOn(thread, this.window, this.#position);
    if (span === undefined) return;
    if (thread.rule.readsLine && !thread.certain) this.#lines.add(thread, span, this.#position);
    else this.spans.push(span);
  }

  /** A literal has just ended: tries each rule that it belongs to. */
  #spawn(): void {
    const { firstHit, stride } = this.#set.literals;
    const candidates = this.#set.candidates[(this.#state - firstHit) / stride] ?? [];
    for (let index = 0; index < candidates.length; index++)
      this.#try(candidates[index] as Candidate);
  }

  #try({ rule, length }: Candidate): void {
    const from = this.#position - length;
    const { base, bytes } = this.window;
    if (from < base) return;
    let row = rule.dfa.starts[this.#kindBefore(from) as 0];
    let value = nowhere;
    let valueEnd = nowhere;
    for (let at = from; at < this.#position; at++) {
      const entry = rule.dfa.table[row + (rule.dfa.classes[bytes[at - base] ?? 0] ?? 0)] ?? 0;
      row = entry & rowMask;
      if (row === 0) return;
      if (entry & inSecret) {
        if (value === nowhere) value = at;
        valueEnd = at + 1;
      }
    }
    const thread = new Thread(rule, from, row);
    thread.value = value;
    thread.valueEnd = valueEnd;
    // The literal itself is public; what follows it is not, if the value has begun.
    this.#start(thread);
  }

  #startAnywhere(rules: readonly CompiledRule[], byte: number, at: number): void {
    const kind = this.#kindBefore(at);
    for (const rule of rules) {
      const start = rule.dfa.starts[kind as 0];
      const entry = rule.dfa.table[start + (rule.dfa.classes[byte] ?? 0)] ?? 0;
      const thread = new Thread(rule, at, entry & rowMask);
      noteByte(thread, entry, at, this.window);
      this.#start(thread);
    }
  }

  #start(thread: Thread): void {
    if (this.#threads.length >= mergeFrom) this.#threads = merged(this.#threads);
    let twins = 0;
    for (const other of this.#threads) if (other.rule === thread.rule) twins++;
    if (twins < maxPerRule && this.#threads.length < maxThreads) this.#threads.push(thread);
    else this.#lose(thread);
  }

  /** A rule that cannot be followed: all that it could reach is masked. */
  #lose(thread: Thread): void {
    const start = Math.max(thread.start, this.#position - 1);
    const end = this.#position + thread.rule.reach;
    const last = this.spans[this.spans.length - 1];
    if (last?.rule === nobody && start <= last.end)
      this.spans[this.spans.length - 1] = { ...last, end: Math.max(end, last.end) };
    else this.spans.push({ rule: nobody, start, end, value: start, secret: empty });
  }
}
