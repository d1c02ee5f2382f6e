import { groupsOf, type Node, RegexError } from "./syntax.ts";

type Group = Node & { readonly kind: "group" };
/** Where a node stands: in what leads to the secret, in the secret, or behind it. */
type Place = "before" | "within" | "behind";

/** How far a lower bound is still counted; from 30 on, PEM keys as gitleaks writes them have too many states. */
const mostCounted = 28;

/**
 * The same expression with counted ranges taken as "any number", for one that needs too many states to count. It finds
 * what the original finds, and more; only a lazy match may end sooner. The context then ends where the first secret
 * begins. Throws a `RegexError` where it would be left open how much must be held: where something of any length follows
 * the secret.
 */
export function widen(root: Node, isSecret: ((group: Group) => boolean) | undefined): Node {
  const holdsSecret = (node: Node) => isSecret !== undefined && groupsOf(node).some(isSecret);

  const sequence = (items: readonly Node[], place: Place): Node => {
    let from = place;
    const widened = items.map((item) => {
      const now = walk(item, from);
      if (holdsSecret(item)) from = "behind";
      return now;
    });
    return { kind: "sequence", items: widened };
  };

  const repeat = (node: Node & { readonly kind: "repeat" }, place: Place): Node => {
    const isRange = node.max > 1 && node.max > node.min;
    if (isRange && place === "behind")
      throw new RegexError("what follows the secret is of any length");
    const item = walk(node.item, place);
    if (!isRange) return { ...node, item };
    const min = Math.min(node.min, mostCounted);
    return { ...node, item, min, max: Infinity, lazy: node.lazy || place === "before" };
  };

  const walk = (node: Node, place: Place): Node => {
    switch (node.kind) {
      case "bytes":
      case "assert":
        return node;
      case "group":
        return { ...node, item: walk(node.item, isSecret?.(node) ? "within" : place) };
      case "choice":
        return { kind: "choice", options: node.options.map((option) => walk(option, place)) };
      case "sequence":
        return sequence(node.items, place);
      case "repeat":
        return repeat(node, place);
    }
  };

  return walk(root, isSecret === undefined ? "within" : "before");
}
