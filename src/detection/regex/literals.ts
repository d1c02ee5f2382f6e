import { members } from "./byte-set.ts";
import { groupsOf, type Node, width } from "./syntax.ts";

/** A literal that every match has, `lead` bytes after its start. */
export interface Literal {
  /** Lower-case bytes, one character each. */
  readonly text: string;
  readonly lead: number;
}

const maxLength = 24;
const maxLiterals = 256;
const maxAlternatives = 8;
const maxLead = 24;

interface Draft extends Literal {
  /** Nothing can be added any more. */
  readonly done: boolean;
}

/** Drops optional context from the front: a search finds the rest all the same. Secrets are never dropped. */
export function trimContext(node: Node): Node {
  switch (node.kind) {
    case "sequence": {
      const first = node.items.findIndex(
        (item) => !(item.kind === "repeat" && item.min === 0 && groupsOf(item).length === 0),
      );
      const [head, ...rest] = node.items.slice(Math.max(first, 0));
      return head ? { kind: "sequence", items: [trimContext(head), ...rest] } : node;
    }
    case "choice":
      return { kind: "choice", options: node.options.map(trimContext) };
    case "group":
    case "repeat":
    case "bytes":
    case "assert":
      return node;
  }
}

/**
 * Literals of which each match starts with one (after its lead), or nothing where there are none of two bytes.
 * They are folded to lower case, so they find candidates and prove nothing.
 */
export function literalsOf(node: Node): readonly Literal[] | undefined {
  const partials = extend([{ text: "", lead: 0, done: false }], node);
  const usable = (partial: Draft) =>
    partial.text.length >= 2 || (partial.text.length === 1 && partial.text < " ");
  if (!partials.every(usable)) return undefined;
  const sorted = partials.toSorted((a, b) => a.text.length - b.text.length);
  const kept: Literal[] = [];
  for (const { text, lead } of sorted)
    if (!kept.some((other) => other.lead === lead && text.startsWith(other.text)))
      kept.push({ text, lead });
  return kept;
}

function extend(partials: readonly Draft[], node: Node): readonly Draft[] {
  switch (node.kind) {
    case "assert":
      return partials;
    case "bytes":
      return limited(partials, addBytes(partials, node));
    case "group":
      return extend(partials, node.item);
    case "sequence":
      return node.items.reduce(extend, partials);
    case "choice": {
      const open = partials.filter((partial) => !partial.done);
      if (open.length === 0) return partials;
      const grown = node.options.flatMap((option) => extend(open, option));
      return limited(partials, [...partials.filter((partial) => partial.done), ...grown]);
    }
    case "repeat":
      return repeat(partials, node);
  }
}

function repeat(partials: readonly Draft[], node: Node & { kind: "repeat" }): readonly Draft[] {
  let grown = partials;
  for (let n = 0; n < node.min && grown.some((partial) => !partial.done); n++)
    grown = extend(grown, node.item);
  const more = node.max - node.min;
  if (more === 0) return grown;
  if (more * width(node.item).max > maxLead) return closed(grown);
  const all = [...grown];
  for (let n = 0; n < more && grown.some((partial) => !partial.done); n++) {
    grown = extend(
      grown.filter((partial) => !partial.done),
      node.item,
    );
    all.push(...grown);
  }
  return limited(partials, unique(all));
}

function addBytes(partials: readonly Draft[], node: Node & { kind: "bytes" }) {
  const letters = new Set(
    members(node.set).map((byte) => String.fromCharCode(byte).replace(/[A-Z]/, lower)),
  );
  return partials.flatMap((partial): Draft[] => {
    if (partial.done) return [partial];
    if (letters.size > maxAlternatives) return [skip(partial)];
    return [...letters].map((letter) => {
      const text = partial.text + letter;
      return { text, lead: partial.lead, done: text.length >= maxLength };
    });
  });
}

/** A byte that could be anything: context before the literal, the end after it has begun. */
function skip(partial: Draft): Draft {
  const lead = partial.lead + 1;
  return partial.text === "" && lead <= maxLead
    ? { text: "", lead, done: false }
    : { ...partial, done: true };
}

function lower(letter: string): string {
  return letter.toLowerCase();
}

function closed(partials: readonly Draft[]): readonly Draft[] {
  return partials.map((partial) => ({ ...partial, done: true }));
}

function unique(partials: readonly Draft[]): readonly Draft[] {
  return [...new Map(partials.map((p) => [`${p.lead} ${p.done} ${p.text}`, p])).values()];
}

/** `grown`; shorter where that makes it few enough; else what there was before, closed. */
function limited(before: readonly Draft[], grown: readonly Draft[]): readonly Draft[] {
  for (const length of [maxLength, 12, 8, 6, 5, 4, 3]) {
    const distinct = unique(grown.map((draft) => shortened(draft, length)));
    if (distinct.length <= maxLiterals) return distinct;
  }
  return closed(before);
}

function shortened(draft: Draft, length: number): Draft {
  return draft.text.length > length
    ? { ...draft, text: draft.text.slice(0, length), done: true }
    : draft;
}
