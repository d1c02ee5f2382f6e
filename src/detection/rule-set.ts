import { type AhoCorasick, buildAhoCorasick } from "./aho-corasick.ts";
import { type Around, judgeOf, refuterOf } from "./judge.ts";
import { longestValue } from "./mark.ts";
import { QuickLook } from "./quick-look.ts";
import { captureSecret } from "./regex/capture.ts";
import { accepts, buildDfa, type Dfa, maxStates, rowMask } from "./regex/dfa.ts";
import { type Literal, literalsOf, trimContext } from "./regex/literals.ts";
import { minimize } from "./regex/minimize.ts";
import { buildNfa, type Nfa } from "./regex/nfa.ts";
import { parseRegex } from "./regex/parse.ts";
import { groupsOf, type Node, RegexError, width } from "./regex/syntax.ts";
import { widen } from "./regex/widen.ts";
import type { Rule } from "./rule.ts";

/** A rule that runs. */
export interface CompiledRule {
  readonly id: string;
  /** Of two findings that overlap, the one with the lower rank names the mark. */
  readonly rank: number;
  readonly dfa: Dfa;
  /** Where the automaton cannot tell what belongs to the secret: asked again once a match is complete. */
  readonly capture: Capture | undefined;
  /** The value has no end to wait for: as soon as it passes it is masked, however long it goes on. */
  readonly endless: boolean;
  /** The longest match, in bytes, or `longestValue`. */
  readonly reach: number;
  /** It wants to see the rest of the line before it is sure. */
  readonly readsLine: boolean;
  /** Whether these bytes, which have the right form, are a secret. */
  accepts(value: Uint8Array, around: () => Around): boolean;
  /** Whether a value that is too long to be kept is none, by its beginning. */
  refutes(beginning: Uint8Array): boolean;
}

type Capture = (
  match: Uint8Array,
  before: number,
  after: number,
) => readonly [number, number] | undefined;

/** What to try when a literal was seen: the rule, and how far back its match begins. */
export interface Candidate {
  readonly rule: CompiledRule;
  readonly length: number;
}

/** Rules made ready to scan with; shared by all streams. */
export interface RuleSet {
  readonly rules: readonly CompiledRule[];
  readonly literals: AhoCorasick;
  /** Of these literals. */
  readonly quickLook: QuickLook;
  /** What to try where literals end, by the automaton's state as its `hits` are. */
  readonly candidates: readonly (readonly Candidate[])[];
  /** Rules without a literal, by what stands before (`kindOf`) and the byte: `kind * 256 + byte`. */
  readonly anywhere: readonly (readonly CompiledRule[])[] | undefined;
}

/** A rule that cannot be used; the message names it and says why. */
export class RuleError extends Error {
  override readonly name = "RuleError";
}

/** Matches longer than this hold for no rule without an end. */
const endlessFrom = 1024;

/**
 * Compiles rules, the more specific first. Throws a `RuleError` for a pattern that is not RE2, that needs more than
 * 4,096 states, or that matches the empty string.
 */
export function compileRules(rules: readonly Rule[]): RuleSet {
  const byLiteral = new Map<string, Candidate[]>();
  const unanchored: CompiledRule[] = [];
  const compiled = rules.map((rule, rank) => {
    const { literals, ...ready } = compileRule(rule, rank);
    if (literals === undefined) unanchored.push(ready);
    for (const literal of literals ?? []) {
      const candidate = { rule: ready, length: literal.lead + literal.text.length };
      byLiteral.set(literal.text, [...(byLiteral.get(literal.text) ?? []), candidate]);
    }
    return ready;
  });
  const texts = [...byLiteral.keys()].map((text) => Uint8Array.from(Buffer.from(text, "latin1")));
  const literals = buildAhoCorasick(texts, { foldCase: true });
  const candidates = [...byLiteral.values()];
  return {
    rules: compiled,
    literals,
    quickLook: new QuickLook(literals),
    candidates: literals.hits.map((hits) => hits.flatMap((literal) => candidates[literal] ?? [])),
    anywhere: unanchored.length === 0 ? undefined : startTable(unanchored),
  };
}

function compileRule(
  rule: Rule,
  rank: number,
): CompiledRule & { literals: readonly Literal[] | undefined } {
  if (!/^[a-z0-9-]{1,64}$/.test(rule.id)) throw new RuleError(`bad rule id ${rule.id}`);
  try {
    return { id: rule.id, rank, ...automatonOf(rule), ...judgesOf(rule) };
  } catch (error) {
    if (error instanceof RegexError) throw new RuleError(`rule ${rule.id}: ${error.message}`);
    throw error;
  }
}

function judgesOf(rule: Rule): Pick<CompiledRule, "accepts" | "refutes" | "readsLine"> {
  return {
    accepts: judgeOf(rule),
    refutes: refuterOf(rule),
    readsLine: rule.allow?.some(({ target }) => target === "line") ?? false,
  };
}

type Automaton = Omit<CompiledRule, "id" | "rank" | keyof ReturnType<typeof judgesOf>> & {
  readonly literals: readonly Literal[] | undefined;
};

/** Determinising is the costly part, and the same for a rule wherever it is used. */
const automata = new WeakMap<Rule, Automaton>();

function automatonOf(rule: Rule): Automaton {
  const known = automata.get(rule);
  if (known) return known;
  const written = trimContext(parseRegex(rule.pattern));
  const { min, max } = width(written);
  if (min === 0) throw new RegexError("the expression matches the empty string");
  const secrets = secretsOf(rule, written);
  const numbers = new Set(secrets.map(({ index }) => index));
  const isSecret = secrets.length > 0 ? (group: Group) => numbers.has(group.index) : undefined;
  const node = rule.loose === true ? widen(written, isSecret) : written;
  const parts = isSecret === undefined ? [node] : groupsOf(node).filter(isSecret);
  const nfa = buildNfa(node, isSecret);
  const dfa = rule.loose === true ? minimized(nfa) : buildDfa(nfa);
  const literals = literalsOf(node);
  const automaton: Automaton = {
    dfa,
    capture: dfa.ambiguous
      ? (match, before, after) => captureSecret(nfa, match, before, after)
      : undefined,
    endless: !dfa.ambiguous && Math.max(...parts.map((part) => width(part).max)) > endlessFrom,
    reach: Math.min(max, longestValue),
    literals: literals?.every((literal) => leavesSecret(dfa, literal)) ? literals : undefined,
  };
  automata.set(rule, automaton);
  return automaton;
}

/** For a rule that is large as it is: it may need more states until they are told apart. */
function minimized(nfa: Nfa): Dfa {
  const dfa = minimize(buildDfa(nfa, 16_384));
  if (dfa.states > maxStates)
    throw new RegexError(`the expression needs more than ${maxStates} states`);
  return dfa;
}

type Group = Node & { readonly kind: "group" };

/** The groups that hold the value; none where that is the whole match. */
function secretsOf({ secretGroups = [] }: Rule, node: Node): readonly Group[] {
  const groups = groupsOf(node);
  const named = groups.filter((group) => group.name === "secret");
  if (named.length > 0 || secretGroups.length === 0) return named;
  return secretGroups.map((number) => {
    const group = groups.find(({ index }) => index === number);
    if (group === undefined) throw new RegexError(`there is no group ${number}`);
    return group;
  });
}

/** Whether something of each match is still to come when the literal has been read; the literal itself is not masked. */
function leavesSecret(dfa: Dfa, { lead, text }: Literal): boolean {
  if (lead > 0) return true;
  return dfa.starts.every((start) => {
    let row = start;
    for (const byte of Buffer.from(text, "latin1"))
      row = (dfa.table[row + (dfa.classes[byte] ?? 0)] ?? 0) & rowMask;
    return dfa.classes.every((kind) => ((dfa.table[row + kind] ?? 0) & accepts) === 0);
  });
}

function startTable(rules: readonly CompiledRule[]): readonly (readonly CompiledRule[])[] {
  return Array.from({ length: 4 * 256 }, (_, index) => {
    const kind = index >> 8;
    const byte = index & 255;
    return rules.filter(({ dfa }) => {
      const entry = dfa.table[(dfa.starts[kind as 0] ?? 0) + (dfa.classes[byte] ?? 0)] ?? 0;
      return entry !== 0;
    });
  });
}
