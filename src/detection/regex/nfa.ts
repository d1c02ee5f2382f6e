import type { ByteSet } from "./byte-set.ts";
import { type Assertion, type Node, RegexError } from "./syntax.ts";

/** One state of a Thompson automaton. */
export type Step =
  | { readonly kind: "match" }
  | {
      readonly kind: "bytes";
      readonly set: ByteSet;
      readonly next: number;
      /** The byte taken here belongs to the secret. */
      readonly secret: boolean;
    }
  /** `next` is preferred to `other`, as in Perl. */
  | { readonly kind: "split"; next: number; other: number }
  | { readonly kind: "assert"; readonly assertion: Assertion; readonly next: number };

export interface Nfa {
  readonly steps: readonly Step[];
  readonly start: number;
  /** Some repetition is lazy, so that the order of preference counts. */
  readonly lazy: boolean;
}

const maxSteps = 40_000;

/** Builds the automaton; `isSecret` picks the groups whose bytes are the secret, none means every byte. */
export function buildNfa(root: Node, isSecret?: (group: Node & { kind: "group" }) => boolean): Nfa {
  const steps: Step[] = [{ kind: "match" }];
  let lazy = false;
  const add = (step: Step): number => {
    if (steps.length >= maxSteps) throw new RegexError("the expression is too large");
    return steps.push(step) - 1;
  };

  const repeat = (node: Node & { kind: "repeat" }, next: number, secret: boolean): number => {
    lazy ||= node.lazy && node.min < node.max;
    let tail = next;
    const optional = (body: number, skip: number): Step =>
      node.lazy
        ? { kind: "split", next: skip, other: body }
        : { kind: "split", next: body, other: skip };
    if (node.max === Infinity) {
      const loop: Step = { kind: "split", next, other: next };
      tail = add(loop);
      const body = build(node.item, tail, secret);
      if (node.lazy) loop.other = body;
      else loop.next = body;
    } else {
      for (let n = node.max; n > node.min; n--)
        tail = add(optional(build(node.item, tail, secret), next));
    }
    for (let n = 0; n < node.min; n++) tail = build(node.item, tail, secret);
    return tail;
  };

  const build = (node: Node, next: number, secret: boolean): number => {
    switch (node.kind) {
      case "bytes":
        return add({ kind: "bytes", set: node.set, next, secret });
      case "assert":
        return add({ kind: "assert", assertion: node.assertion, next });
      case "group":
        return build(node.item, next, secret || (isSecret?.(node) ?? false));
      case "sequence":
        return node.items.reduceRight((after, item) => build(item, after, secret), next);
      case "choice":
        return node.options
          .map((option) => build(option, next, secret))
          .reduceRight((other, first) => add({ kind: "split", next: first, other }));
      case "repeat":
        return repeat(node, next, secret);
    }
  };

  const start = build(root, 0, isSecret === undefined);
  return { steps, start, lazy };
}
