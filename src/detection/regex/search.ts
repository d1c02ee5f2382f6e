import { anyByte } from "./byte-set.ts";
import { accepts, buildDfa, type Dfa, holds, kindOf, rowMask } from "./dfa.ts";
import { buildNfa, type Nfa } from "./nfa.ts";
import { parseRegex } from "./parse.ts";
import { type Node, RegexError } from "./syntax.ts";

/** Whether an expression is found in a text. */
export type Search = (text: Uint8Array) => boolean;

/** A search for short texts, in time proportional to their length: by a table, unless that would be too large. */
export function compileSearch(source: string): Search {
  const node = parseRegex(source);
  const anything: Node = {
    kind: "repeat",
    item: { kind: "bytes", set: anyByte },
    min: 0,
    max: Infinity,
    lazy: true,
  };
  try {
    const dfa = buildDfa(buildNfa({ kind: "sequence", items: [anything, node] }));
    return (text) => isFoundByTable(dfa, text);
  } catch (error) {
    if (!(error instanceof RegexError)) throw error;
    const nfa = buildNfa(node);
    return (text) => isFound(nfa, text);
  }
}

function isFoundByTable({ table, classes, starts, end }: Dfa, text: Uint8Array): boolean {
  let row = starts[0];
  for (const byte of text) {
    const entry = table[row + (classes[byte] as number)] as number;
    if (entry & accepts) return true;
    row = entry & rowMask;
  }
  return ((table[row + end] ?? 0) & accepts) !== 0;
}

function isFound(nfa: Nfa, text: Uint8Array): boolean {
  let current: number[] = [];
  for (let at = 0; at <= text.length; at++) {
    const before = at === 0 ? -1 : (text[at - 1] ?? 0);
    const byte = at === text.length ? -1 : (text[at] ?? 0);
    const reached = reach(nfa, [...current, nfa.start], before, byte);
    if (reached.matched) return true;
    current = reached.next;
  }
  return false;
}

/** Follows every state through what needs no byte, then through the byte. */
function reach(nfa: Nfa, from: readonly number[], before: number, byte: number) {
  const next: number[] = [];
  const seen = new Set<number>();
  const stack = [...from];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const step = nfa.steps[at];
    switch (step?.kind) {
      case "match":
        return { matched: true, next };
      case "split":
        stack.push(step.other, step.next);
        break;
      case "assert":
        if (holds(step.assertion, kindOf(before), byte)) stack.push(step.next);
        break;
      case "bytes":
        if (byte >= 0 && step.set[byte] === 1) next.push(step.next);
        break;
      case undefined:
        break;
    }
  }
  return { matched: false, next };
}
