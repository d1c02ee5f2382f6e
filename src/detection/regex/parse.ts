import {
  anyByte,
  type ByteSet,
  byteSet,
  complement,
  foldCase,
  members,
  newline,
  posixClasses,
  union,
} from "./byte-set.ts";
import { classEscapes, controlEscapes, literalBytes, unicodeClasses } from "./escapes.ts";
import { type Node, RegexError } from "./syntax.ts";

interface Flags {
  readonly foldCase: boolean;
  readonly multiLine: boolean;
  readonly dotAll: boolean;
  readonly swapLazy: boolean;
}

const noFlags: Flags = { foldCase: false, multiLine: false, dotAll: false, swapLazy: false };
const maxRepeat = 1000;
const maxDepth = 200;

/**
 * Reads RE2 syntax (https://github.com/google/re2/wiki/Syntax) as an expression over UTF-8 bytes. Case folding is
 * ASCII's; a non-ASCII character inside a class stands for any byte above 0x7f.
 * Look-around, back-references and what else RE2 refuses throw a `RegexError`.
 */
export function parseRegex(source: string): Node {
  return new Parser(source).parse();
}

class Parser {
  readonly #source: string;
  #at = 0;
  #groups = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  parse(): Node {
    const node = this.#choice(noFlags);
    if (this.#at < this.#source.length) this.#fail("unmatched parenthesis");
    return node;
  }

  #fail(reason: string): never {
    throw new RegexError(`${reason} at character ${this.#at} of ${this.#source.slice(0, 200)}`);
  }

  /** Takes what the sticky pattern matches here, if it does. */
  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#source) ?? undefined;
    if (match !== undefined) this.#at += match[0].length;
    return match;
  }

  #character(): string {
    const point = this.#source.codePointAt(this.#at);
    if (point === undefined) this.#fail("unexpected end");
    const character = String.fromCodePoint(point);
    this.#at += character.length;
    return character;
  }

  #choice(outer: Flags): Node {
    if (++this.#depth > maxDepth) this.#fail("nested too deeply");
    let flags = outer;
    const options: Node[] = [];
    do {
      const sequence = this.#sequence(flags);
      options.push(sequence.node);
      flags = sequence.flags;
    } while (this.#take(/\|/y));
    this.#depth--;
    return options.length === 1 && options[0] ? options[0] : { kind: "choice", options };
  }

  /** One branch; a bare `(?i)` in it changes the flags of all that follows in its group. */
  #sequence(outer: Flags): { node: Node; flags: Flags } {
    let flags = outer;
    const items: Node[] = [];
    while (this.#at < this.#source.length && !/[|)]/.test(this.#source[this.#at] ?? "")) {
      const bare = this.#take(/\(\?([imsU]*)(?:-([imsU]+))?\)/y);
      if (bare) flags = withFlags(flags, bare[1], bare[2]);
      else items.push(this.#repeated(this.#atom(flags), flags));
    }
    return {
      node: items.length === 1 && items[0] ? items[0] : { kind: "sequence", items },
      flags,
    };
  }

  #repeated(atom: Node, flags: Flags): Node {
    let item = atom;
    for (let times = this.#times(); times; times = this.#times()) {
      const lazy = this.#take(/\?/y) !== undefined;
      item = { kind: "repeat", item, ...times, lazy: lazy !== flags.swapLazy };
    }
    return item;
  }

  #times(): { min: number; max: number } | undefined {
    if (this.#take(/\*/y)) return { min: 0, max: Infinity };
    if (this.#take(/\+/y)) return { min: 1, max: Infinity };
    if (this.#take(/\?/y)) return { min: 0, max: 1 };
    const counted = this.#take(/\{(\d{1,9})(,(\d{0,9}))?\}/y);
    if (!counted) return undefined;
    const min = Number(counted[1]);
    const max = counted[2] === undefined ? min : counted[3] ? Number(counted[3]) : Infinity;
    if (min > max || min > maxRepeat || (max > maxRepeat && max !== Infinity))
      this.#fail("bad repeat count");
    return { min, max };
  }

  #atom(flags: Flags): Node {
    const character = this.#character();
    switch (character) {
      case "(":
        return this.#group(flags);
      case "[":
        return bytes(this.#class(flags));
      case ".":
        return bytes(flags.dotAll ? anyByte : complement(newline));
      case "^":
        return assert(flags.multiLine ? "line-start" : "text-start");
      case "$":
        return assert(flags.multiLine ? "line-end" : "text-end");
      case "\\":
        return this.#escape(flags);
      case "*":
      case "+":
      case "?":
        return this.#fail("nothing to repeat");
      default:
        return literal(character, flags);
    }
  }

  #group(flags: Flags): Node {
    const named = this.#take(/\?P?<(\w+)>/y);
    const plain = named ? undefined : this.#take(/\?([imsU]*)(?:-([imsU]+))?:/y);
    if (!named && !plain && this.#take(/\?/y)) this.#fail("unsupported group");
    const index = plain ? 0 : ++this.#groups;
    const item = this.#choice(plain ? withFlags(flags, plain[1], plain[2]) : flags);
    if (!this.#take(/\)/y)) this.#fail("missing parenthesis");
    return plain ? item : { kind: "group", item, index, name: named?.[1] };
  }

  #escape(flags: Flags): Node {
    if (this.#take(/b/y)) return assert("word-boundary");
    if (this.#take(/B/y)) return assert("not-word-boundary");
    if (this.#take(/A/y)) return assert("text-start");
    if (this.#take(/z/y)) return assert("text-end");
    const quoted = this.#take(/Q([\s\S]*?)(?:\\E|$)/y);
    if (quoted)
      return { kind: "sequence", items: [...(quoted[1] ?? "")].map((c) => literal(c, flags)) };
    const set = this.#escapedSet();
    return bytes(flags.foldCase ? foldCase(set) : set);
  }

  /** What stands after a backslash, inside or outside a class. */
  #escapedSet(): ByteSet {
    const hex = this.#take(/x(?:\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{2}))/y);
    if (hex) return this.#codePoint(Number.parseInt(hex[1] ?? hex[2] ?? "", 16));
    const unicode = this.#take(/([pP])(?:\{(\^?)(\w+)\}|(\w))/y);
    if (unicode) {
      const set = unicodeClasses.get(unicode[3] ?? unicode[4] ?? "");
      if (!set) this.#fail("unsupported character class");
      return (unicode[1] === "P") !== (unicode[2] === "^") ? complement(set) : set;
    }
    const character = this.#character();
    const named = classEscapes.get(character) ?? controlEscapes.get(character);
    if (named) return named;
    if (/[A-Za-z1-9]/.test(character)) this.#fail("unsupported escape");
    return this.#codePoint(character.codePointAt(0) ?? 0);
  }

  #codePoint(point: number): ByteSet {
    return point < 128 ? byteSet([point, point]) : byteSet([128, 255]);
  }

  #class(flags: Flags): ByteSet {
    const negated = this.#take(/\^/y) !== undefined;
    let set = new Uint8Array(256);
    for (let first = true; first || !this.#take(/\]/y); first = false) {
      if (this.#at >= this.#source.length) this.#fail("missing bracket");
      set = new Uint8Array(union(set, this.#classItem()));
    }
    const folded = flags.foldCase ? foldCase(set) : set;
    return negated ? complement(folded) : folded;
  }

  #classItem(): ByteSet {
    const posix = this.#take(/\[:(\^?)(\w+):\]/y);
    if (posix) {
      const set = posixClasses.get(posix[2] ?? "");
      if (!set) this.#fail("unknown character class");
      return posix[1] === "^" ? complement(set) : set;
    }
    const low = this.#classEnd();
    if (!this.#take(/-(?!\])/y)) return low;
    const [from, to] = [members(low)[0] ?? 0, members(this.#classEnd()).at(-1) ?? 0];
    if (from > to) this.#fail("bad character range");
    return byteSet([from, to]);
  }

  #classEnd(): ByteSet {
    if (this.#take(/\\/y)) return this.#escapedSet();
    return this.#codePoint(this.#character().codePointAt(0) ?? 0);
  }
}

function withFlags(flags: Flags, on = "", off = ""): Flags {
  const value = (letter: string, before: boolean) =>
    off.includes(letter) ? false : on.includes(letter) || before;
  return {
    foldCase: value("i", flags.foldCase),
    multiLine: value("m", flags.multiLine),
    dotAll: value("s", flags.dotAll),
    swapLazy: value("U", flags.swapLazy),
  };
}

function bytes(set: ByteSet): Node {
  return { kind: "bytes", set };
}

function assert(assertion: Extract<Node, { kind: "assert" }>["assertion"]): Node {
  return { kind: "assert", assertion };
}

function literal(character: string, flags: Flags): Node {
  const items = literalBytes(character).map((byte) => {
    const set = byteSet([byte, byte]);
    return bytes(flags.foldCase ? foldCase(set) : set);
  });
  return items.length === 1 && items[0] ? items[0] : { kind: "sequence", items };
}
