/**
 * Aho-Corasick over bytes as one flat table, folding ASCII case. States that end a literal come last, so that
 * "did anything end here" is one comparison.
 */
export interface AhoCorasick {
  /** `next[state + classes[byte]]`; states are row offsets. */
  readonly next: Int32Array;
  readonly classes: Uint8Array;
  readonly start: number;
  /** States from here on end at least one literal. */
  readonly firstHit: number;
  /** Indexes of the literals that end in a state, by `(state - firstHit) / stride`. */
  readonly hits: readonly (readonly number[])[];
  /** Length of the longest prefix of any literal that a state stands for, by `state / stride`. */
  readonly depths: Uint16Array;
  readonly stride: number;
}

export interface AhoCorasickOptions {
  readonly foldCase: boolean;
}

/**
 * The state after the text, from that state on; -1 where a literal ends in it. Four bytes at a time, and only then a look
 * whether anything ended: on text in which nothing is found that takes half the time of a look at each.
 */
export function afterText(
  { next, classes, firstHit }: AhoCorasick,
  from: number,
  text: Uint8Array,
): number {
  const { length } = text;
  let state = from;
  let at = 0;
  for (const last = length - 3; at < last; at += 4) {
    const one = next[state + (classes[text[at] as number] as number)] as number;
    const two = next[one + (classes[text[at + 1] as number] as number)] as number;
    const three = next[two + (classes[text[at + 2] as number] as number)] as number;
    state = next[three + (classes[text[at + 3] as number] as number)] as number;
    if (one >= firstHit || two >= firstHit || three >= firstHit || state >= firstHit) return -1;
  }
  for (; at < length; at++) {
    state = next[state + (classes[text[at] as number] as number)] as number;
    if (state >= firstHit) return -1;
  }
  return state;
}

interface Trie {
  readonly rows: Int32Array[];
  readonly ends: number[][];
  readonly depths: number[];
}

/** Builds it from literals given as bytes; with `foldCase` they must be lower case. */
export function buildAhoCorasick(
  literals: readonly Uint8Array[],
  { foldCase }: AhoCorasickOptions,
): AhoCorasick {
  const { classes, count } = classify(literals, foldCase);
  const trie = plant(literals, classes, count);
  link(trie, count);
  return flatten(trie, classes, count);
}

function classify(literals: readonly Uint8Array[], foldCase: boolean) {
  const classes = new Uint8Array(256);
  let count = 1;
  for (const byte of new Set(literals.flatMap((literal) => [...literal]))) classes[byte] = count++;
  if (foldCase)
    for (let upper = 65; upper <= 90; upper++) classes[upper] = classes[upper + 32] ?? 0;
  return { classes, count };
}

function plant(literals: readonly Uint8Array[], classes: Uint8Array, count: number): Trie {
  const trie: Trie = { rows: [new Int32Array(count).fill(-1)], ends: [[]], depths: [0] };
  literals.forEach((literal, index) => {
    let state = 0;
    literal.forEach((byte, depth) => {
      const row = trie.rows[state] as Int32Array;
      const symbol = classes[byte] ?? 0;
      if ((row[symbol] ?? -1) < 0) {
        row[symbol] = trie.rows.length;
        trie.rows.push(new Int32Array(count).fill(-1));
        trie.ends.push([]);
        trie.depths.push(depth + 1);
      }
      state = row[symbol] ?? 0;
    });
    trie.ends[state]?.push(index);
  });
  return trie;
}

/** Turns failure links into plain transitions, breadth first. */
function link(trie: Trie, count: number): void {
  const failure = new Int32Array(trie.rows.length);
  const root = (trie.rows[0] as Int32Array).map((target) => Math.max(target, 0));
  trie.rows[0] = root;
  const queue = [...root].filter((target) => target > 0);
  for (const state of queue) {
    const row = trie.rows[state] as Int32Array;
    const fallback = trie.rows[failure[state] ?? 0] as Int32Array;
    for (let symbol = 0; symbol < count; symbol++) {
      const target = row[symbol] ?? -1;
      const other = fallback[symbol] ?? 0;
      if (target < 0) {
        row[symbol] = other;
        continue;
      }
      failure[target] = other;
      trie.ends[target]?.push(...(trie.ends[other] ?? []));
      queue.push(target);
    }
  }
}

function flatten(trie: Trie, classes: Uint8Array, count: number): AhoCorasick {
  const states = trie.rows.map((_, state) => state);
  const silent = states.filter((state) => trie.ends[state]?.length === 0);
  const order = [...silent, ...states.filter((state) => trie.ends[state]?.length !== 0)];
  const place = new Uint32Array(order.length);
  order.forEach((state, index) => {
    place[state] = index;
  });
  const stride = 1 << Math.ceil(Math.log2(count));
  const next = new Int32Array(order.length * stride);
  order.forEach((state, index) => {
    trie.rows[state]?.forEach((target, symbol) => {
      next[index * stride + symbol] = (place[target] ?? 0) * stride;
    });
  });
  return {
    next,
    classes,
    start: (place[0] ?? 0) * stride,
    firstHit: silent.length * stride,
    hits: order.slice(silent.length).map((state) => trie.ends[state] ?? []),
    depths: Uint16Array.from(order, (state) => trie.depths[state] ?? 0),
    stride,
  };
}
