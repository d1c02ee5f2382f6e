import { type Keywords, keywordsOf } from "./keywords.ts";
import type { Language } from "./language.ts";
import { classes, classOf } from "./lexer-bytes.ts";
import {
  endOfRegularExpression,
  endOfString,
  endOfTemplateText,
  indexOfText,
  linesIn,
} from "./lexer-text.ts";
import { hashOf, kinds, stringStart, Tokens, wordStart } from "./tokens.ts";

const code = (char: string): number => char.charCodeAt(0);
const [slash, star, hash] = [code("/"), code("*"), code("#")];
const [doubleQuote, singleQuote, backtick] = [code('"'), code("'"), code("`")];
const [openBrace, closeBrace, dollar, lineFeed] = [code("{"), code("}"), code("$"), code("\n")];
const equals = code("=");
/** Marks of two bytes that are one token; any mark may also have `=` behind it, as often as it likes. */
const pairs = new Set([
  "&&",
  "||",
  "??",
  "?.",
  "=>",
  "->",
  "::",
  "++",
  "--",
  "..",
  "<<",
  ">>",
  "**",
]);
const pairCodes = new Set([...pairs].map((pair) => pair.charCodeAt(0) * 256 + pair.charCodeAt(1)));
/** Behind these a slash divides. */
const closing = new Set([")", "]", "}"].map(code));

/** The tokens of a text (UTF-8) in that language: comments out, strings whole, layout and separators dropped. */
export function lex(
  bytes: Uint8Array,
  language: Language,
  tokens = new Tokens(bytes.length >> 2),
): Tokens {
  return new Lexer(bytes, language, tokens).run();
}

class Lexer {
  readonly #bytes: Uint8Array;
  readonly #language: Language;
  readonly #keywords: Keywords;
  readonly #tokens: Tokens;
  readonly #hashComments: boolean;
  readonly #slashComments: boolean;
  /** Braces open in each template's `${`, innermost last. */
  readonly #templates: number[] = [];
  #at = 0;
  #line = 1;
  #last = 0;
  #lastKind: number = kinds.mark;

  constructor(bytes: Uint8Array, language: Language, tokens: Tokens) {
    this.#bytes = bytes;
    this.#tokens = tokens;
    this.#language = language;
    this.#keywords = keywordsOf(language);
    this.#hashComments = language.line.includes("#");
    this.#slashComments = language.line.includes("//");
  }

  run(): Tokens {
    const bytes = this.#bytes;
    const { length } = bytes;
    while (this.#at < length) {
      const byte = bytes[this.#at] ?? 0;
      switch (classes[byte]) {
        case classOf.newline:
          this.#line++;
          this.#at++;
          break;
        case classOf.space:
        case classOf.dropped:
          this.#at++;
          break;
        case classOf.letter:
          this.#word();
          break;
        case classOf.digit:
          this.#number();
          break;
        case classOf.quote:
          this.#quoted(byte);
          break;
        default:
          this.#mark(byte);
      }
    }
    return this.#tokens;
  }

  #add(value: number, kind: number, line: number): void {
    this.#tokens.add(value, kind, line);
    this.#lastKind = kind;
  }

  #word(): void {
    const bytes = this.#bytes;
    const from = this.#at;
    let at = from;
    let value: number = wordStart;
    for (; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      const kind = classes[byte];
      if (kind !== classOf.letter && kind !== classOf.digit) break;
      value = Math.imul(value ^ byte, 0x01000193);
    }
    this.#at = at;
    if (this.#language.lifetimes && at - from <= 2 && this.#rawRust(from, at)) return;
    const { maybe, hashes } = this.#keywords;
    const keyword = maybe[value & 4095] === 1 && hashes.has(value);
    this.#add(value, keyword ? kinds.keyword : kinds.word, this.#line);
  }

  /** `r"…"`, `r#"…"#` and their byte strings. */
  #rawRust(from: number, to: number): boolean {
    const bytes = this.#bytes;
    if (bytes[to - 1] !== code("r") || (to - from === 2 && bytes[from] !== code("b"))) return false;
    let at = to;
    while (bytes[at] === hash) at++;
    if (bytes[at] !== doubleQuote) return false;
    const end = `"${"#".repeat(at - to)}`;
    this.#string(at + 1, indexOfText(this.#bytes, end, at + 1), end.length);
    return true;
  }

  #number(): void {
    const bytes = this.#bytes;
    const from = this.#at;
    let at = from;
    for (; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      const kind = classes[byte];
      if (kind !== classOf.letter && kind !== classOf.digit && byte !== 0x2e) break;
    }
    this.#at = at;
    this.#add(hashOf(bytes, from, at, wordStart), kinds.number, this.#line);
  }

  #quoted(byte: number): void {
    const { lifetimes, long, templates, raw } = this.#language;
    const at = this.#at;
    const char = String.fromCharCode(byte);
    if (byte === singleQuote && lifetimes && this.#isLifetime(at)) {
      this.#add(byte, kinds.mark, this.#line);
      this.#at++;
      return;
    }
    if (byte === backtick && templates) {
      this.#template(at + 1);
      return;
    }
    if (this.#bytes[at + 1] === byte && this.#bytes[at + 2] === byte) {
      const triple = char.repeat(3);
      if (long.includes(triple)) {
        this.#string(at + 3, indexOfText(this.#bytes, triple, at + 3), 3);
        return;
      }
    }
    const kind = { long: long.includes(char), raw: raw.includes(char) };
    this.#string(at + 1, endOfString(this.#bytes, at + 1, byte, kind), 1);
  }

  #isLifetime(at: number): boolean {
    const next = this.#bytes[at + 1] ?? 0;
    return classes[next] === classOf.letter && this.#bytes[at + 2] !== singleQuote && next < 128;
  }

  /** A string token of these bytes; the text goes on `skip` bytes behind it, unless its line ended it. */
  #string(from: number, to: number, skip: number): void {
    const bytes = this.#bytes;
    this.#add(hashOf(bytes, from, to, stringStart), kinds.string, this.#line);
    this.#line += linesIn(bytes, from, to);
    this.#at = bytes[to] === lineFeed ? to : Math.min(to + skip, bytes.length);
  }

  /** A template's text up to its end, or to the code in it. */
  #template(from: number): void {
    const at = endOfTemplateText(this.#bytes, from);
    const opens = this.#bytes[at] === dollar;
    this.#string(from, at, opens ? 2 : 1);
    if (opens) this.#templates.push(0);
  }

  #mark(byte: number): void {
    const next = this.#bytes[this.#at + 1] ?? 0;
    if (this.#comment(byte, next)) return;
    if (byte === slash && this.#language.templates && this.#regularExpression()) return;
    if (this.#templates.length > 0 && this.#endsTemplateCode(byte)) this.#template(this.#at + 1);
    else this.#operator(byte, next);
  }

  /** Counts the braces of the code in a template; true at the one that ends it. */
  #endsTemplateCode(byte: number): boolean {
    const depth = this.#templates.length - 1;
    const open = this.#templates[depth] ?? 0;
    if (byte === openBrace) this.#templates[depth] = open + 1;
    if (byte !== closeBrace) return false;
    if (open === 0) this.#templates.pop();
    else this.#templates[depth] = open - 1;
    return open === 0;
  }

  #operator(byte: number, next: number): void {
    const from = this.#at;
    let at = from + 1;
    if (pairCodes.has(byte * 256 + next)) at++;
    if (byte !== openBrace && byte !== closeBrace && byte < 128)
      while (isOperator[byte] === 1 && this.#bytes[at] === equals) at++;
    this.#at = at;
    this.#last = byte;
    this.#add(hashOf(this.#bytes, from, at, wordStart), kinds.mark, this.#line);
  }

  #comment(byte: number, next: number): boolean {
    if (byte === hash && this.#hashComments && this.#beginsWord()) return this.#skipLine();
    if (byte !== slash) return false;
    if (next === slash && this.#slashComments) return this.#skipLine();
    if (next !== star || !this.#language.block) return false;
    const end = indexOfText(this.#bytes, "*/", this.#at + 2) + 2;
    this.#line += linesIn(this.#bytes, this.#at, end);
    this.#at = Math.min(end, this.#bytes.length);
    return true;
  }

  /** In a shell and in YAML `a#b` is a word; a comment begins at a space, in Python anywhere. */
  #beginsWord(): boolean {
    const before = this.#at === 0 ? classOf.space : classes[this.#bytes[this.#at - 1] ?? 0];
    return (
      before === classOf.space || before === classOf.newline || this.#language.name === "python"
    );
  }

  #skipLine(): boolean {
    const end = this.#bytes.indexOf(lineFeed, this.#at);
    this.#at = end === -1 ? this.#bytes.length : end;
    return true;
  }

  /** Where no value stands before it, a slash begins a regular expression, which ends on its line. */
  #regularExpression(): boolean {
    const value =
      this.#lastKind === kinds.mark ? closing.has(this.#last) : this.#lastKind !== kinds.keyword;
    const end = value ? -1 : endOfRegularExpression(this.#bytes, this.#at + 1);
    if (end === -1) return false;
    this.#string(this.#at + 1, end, 1);
    return true;
  }
}

const isOperator = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[-+*/%&|^!=<>?:]/.test(String.fromCharCode(byte)) ? 1 : 0,
);
