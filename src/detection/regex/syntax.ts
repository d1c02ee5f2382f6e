import type { ByteSet } from "./byte-set.ts";

/** A condition on the place between two bytes. */
export type Assertion =
  | "word-boundary"
  | "not-word-boundary"
  | "text-start"
  | "text-end"
  | "line-start"
  | "line-end";

/** A parsed expression, over bytes. */
export type Node =
  | { readonly kind: "bytes"; readonly set: ByteSet }
  | { readonly kind: "assert"; readonly assertion: Assertion }
  | { readonly kind: "sequence"; readonly items: readonly Node[] }
  | { readonly kind: "choice"; readonly options: readonly Node[] }
  | {
      readonly kind: "repeat";
      readonly item: Node;
      readonly min: number;
      /** `Infinity` where it has no end. */
      readonly max: number;
      readonly lazy: boolean;
    }
  | {
      readonly kind: "group";
      readonly item: Node;
      /** Counted from 1, in order of the opening parentheses. */
      readonly index: number;
      readonly name: string | undefined;
    };

/** An expression that cannot be read; the message says where and why. */
export class RegexError extends Error {
  override readonly name = "RegexError";
}

/** How many bytes a match of the node has, at least and at most. */
export function width(node: Node): { readonly min: number; readonly max: number } {
  switch (node.kind) {
    case "bytes":
      return { min: 1, max: 1 };
    case "assert":
      return { min: 0, max: 0 };
    case "group":
      return width(node.item);
    case "sequence":
      return node.items.map(width).reduce((a, b) => ({ min: a.min + b.min, max: a.max + b.max }), {
        min: 0,
        max: 0,
      });
    case "choice":
      return node.options.map(width).reduce((a, b) => ({
        min: Math.min(a.min, b.min),
        max: Math.max(a.max, b.max),
      }));
    case "repeat": {
      const item = width(node.item);
      return { min: item.min * node.min, max: item.max === 0 ? 0 : item.max * node.max };
    }
  }
}

/** The groups of an expression, outermost first. */
export function groupsOf(node: Node): readonly (Node & { readonly kind: "group" })[] {
  switch (node.kind) {
    case "bytes":
    case "assert":
      return [];
    case "sequence":
      return node.items.flatMap(groupsOf);
    case "choice":
      return node.options.flatMap(groupsOf);
    case "repeat":
      return groupsOf(node.item);
    case "group":
      return [node, ...groupsOf(node.item)];
  }
}
