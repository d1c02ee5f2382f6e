import { EditOutput } from "./edit-output.ts";
import { editBase64 } from "./encoding-base64.ts";
import { keepName, plainName } from "./json-edit-names.ts";
import type { JsonEditOptions, Treatment } from "./json-edit-options.ts";
import {
  type BegunString,
  type Expect,
  JsonPlace,
  longestName,
  nameOf,
  namesKey,
} from "./json-edit-place.ts";
import { JsonScalar } from "./json-edit-scalar.ts";
import { JsonSkip } from "./json-edit-skip.ts";
import { editJsonString } from "./json-edit-string.ts";
import { plainUpTo, wholeString } from "./json-edit-whole.ts";
import { nothing, pipe, type Transform } from "./transform.ts";

export type { JsonEditOptions, JsonPath, Treatment } from "./json-edit-options.ts";

const quote = 0x22;
const backslash = 0x5c;

const scan: Treatment = { kind: "scan" };
const plain: BegunString = { kind: "scan", channel: undefined };
const name: BegunString = { kind: "name", channel: undefined };

/**
 * Edits the strings of JSON (RFC 8259), one document or several in a row, in place: every byte outside of changed
 * strings stays as it was. Member names are scanned too. It reads a stream, cut anywhere, in memory that does not
 * grow with it. Bytes that are not JSON, and all after them, go through the channel `raw`.
 *
 * A string that ends in the chunk that it began in, and in which a quick look finds nothing, goes on as it is. Any
 * other gets a transform of its own. What comes out is the same either way.
 */
export function editJson(options: JsonEditOptions): Transform {
  return new JsonEdit(options);
}

class JsonEdit implements Transform {
  readonly #options: JsonEditOptions;
  readonly #place: JsonPlace;
  #expect: Expect = "value";
  /** A string whose quote was read, and nothing of it yet. */
  #begun: BegunString | undefined;
  /** The string that is being read. */
  #string: Transform | undefined;
  #isName = false;
  #name: number[] = [];
  /** The last byte was a backslash in a string. */
  #escaped = false;
  #scalar: JsonScalar | undefined;
  /** A value that is kept, or replaced. */
  #skip: JsonSkip | undefined;
  #replacement: string | undefined;
  #raw: Transform | undefined;
  readonly #out = new EditOutput();

  constructor(options: JsonEditOptions) {
    this.#options = options;
    this.#place = new JsonPlace(options.prefix ?? "");
  }

  get pending(): number {
    return this.#raw?.pending ?? this.#string?.pending ?? this.#scalar?.bytes.length ?? 0;
  }

  write(chunk: Uint8Array): Uint8Array {
    let at = 0;
    this.#out.begin(chunk);
    while (at < chunk.length) at = this.#read(chunk, at);
    return this.#out.take();
  }

  /** Reads what comes next as what it is; gives the offset after it. */
  #read(chunk: Uint8Array, at: number): number {
    if (this.#raw) {
      this.#out.push(this.#raw.write(at === 0 ? chunk : chunk.subarray(at)));
      return chunk.length;
    }
    if (this.#begun) return this.#beginString(this.#begun, chunk, at);
    if (this.#string) return this.#readString(this.#string, chunk, at);
    if (this.#skip) return this.#readSkipped(this.#skip, chunk, at);
    if (this.#scalar) return this.#readScalar(this.#scalar, chunk, at);
    return this.#readStructure(chunk, at);
  }

  flush(): Uint8Array {
    if (this.#string) this.#out.push(this.#string.flush());
    if (this.#scalar && !this.#scalar.isComplete) this.#breakOff(this.#scalar.bytes);
    else if (this.#scalar) this.#out.push(this.#scalar.bytes);
    if (this.#raw) this.#out.push(this.#raw.flush());
    return this.#out.take();
  }

  #readStructure(chunk: Uint8Array, from: number): number {
    let at = from;
    while (at < chunk.length && !this.#begun) {
      if (!this.#readByte(chunk[at] as number)) {
        this.#out.pass(from, at);
        this.#breakOff();
        return at;
      }
      // What is dropped, or turns out not to be JSON, must not go out with the structure before it.
      if (this.#skip || this.#scalar) break;
      at++;
    }
    this.#out.pass(from, at);
    return at;
  }

  #breakOff(unread: Uint8Array = nothing): void {
    this.#scalar = undefined;
    this.#raw = this.#options.open(`${this.#options.prefix ?? ""}raw`);
    this.#out.push(this.#raw.write(unread));
  }

  /** One byte outside of strings; false if it cannot stand here. */
  #readByte(byte: number): boolean {
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) return true;
    switch (this.#expect) {
      case "value":
        return this.#beginValue(byte);
      case "first-value":
        return byte === 0x5d ? this.#leave(false) : this.#beginValue(byte);
      case "first-name":
        return byte === 0x7d ? this.#leave(true) : this.#beginName(byte);
      case "name":
        return this.#beginName(byte);
      case "colon":
        this.#expect = "value";
        return byte === 0x3a;
      case "comma":
        return byte === 0x2c ? this.#next() : this.#readEnd(byte);
      case "end":
        this.#expect = "value";
        return this.#beginValue(byte);
    }
  }

  #readEnd(byte: number): boolean {
    return (byte === 0x7d || byte === 0x5d) && this.#leave(byte === 0x7d);
  }

  /** The bytes of a number or a name are sent when it is whole: what only begins like one is read as text. */
  #readScalar(scalar: JsonScalar, chunk: Uint8Array, from: number): number {
    const at = scalar.read(chunk, from);
    if (at < chunk.length && scalar.isComplete) {
      this.#out.push(scalar.bytes);
      this.#out.pass(from, at);
      this.#scalar = undefined;
      this.#closeValue();
      return at;
    }
    scalar.keep(chunk.subarray(from, at));
    if (at < chunk.length) this.#breakOff(scalar.bytes);
    return at;
  }

  #beginName(byte: number): boolean {
    if (byte !== quote) return false;
    this.#begun = name;
    return true;
  }

  #beginValue(byte: number): boolean {
    const treatment = this.#options.treat?.(this.#place.path) ?? scan;
    if (treatment.kind === "keep" || treatment.kind === "replace") {
      this.#skip = new JsonSkip();
      this.#replacement = treatment.kind === "replace" ? treatment.json : undefined;
      return true;
    }
    if (byte === quote) {
      this.#begun =
        treatment === scan ? plain : { kind: treatment.kind, channel: treatment.channel };
      return true;
    }
    if (byte === 0x7b || byte === 0x5b) return this.#enter(byte === 0x7b);
    this.#scalar = new JsonScalar();
    return JsonScalar.begins(byte);
  }

  #enter(isObject: boolean): boolean {
    this.#expect = isObject ? "first-name" : "first-value";
    return this.#place.enter(isObject);
  }

  #leave(isObject: boolean): boolean {
    if (!this.#place.leave(isObject)) return false;
    this.#closeValue();
    return true;
  }

  /** After a comma. */
  #next(): boolean {
    const next = this.#place.next();
    if (next !== undefined) this.#expect = next;
    return next !== undefined;
  }

  #closeValue(): void {
    this.#expect = this.#place.isOutside ? "end" : "comma";
  }

  /** A string that ends in this chunk and holds nothing to change goes on as it is; any other gets its transform. */
  #beginString(begun: BegunString, chunk: Uint8Array, from: number): number {
    this.#begun = undefined;
    const end =
      begun.kind === "name" ? this.#knownName(chunk, from) : this.#clean(begun, chunk, from);
    if (end >= 0) {
      this.#out.pass(from, end + 1);
      return end + 1;
    }
    this.#isName = begun.kind === "name";
    this.#name = [];
    this.#string = editJsonString(this.#text(begun));
    return from;
  }

  /** Reads a member's name that ends here and is to stay as it is; gives the offset of its last quote, or -1. */
  #knownName(chunk: Uint8Array, from: number): number {
    const end = plainUpTo(chunk, from);
    if (chunk[end] !== quote) return -1;
    const name = plainName(chunk, from, end);
    if (this.#options.open.clean?.(namesKey, name.bytes, name.lasting) !== true) return -1;
    keepName(name);
    this.#expect = "colon";
    this.#place.named(name.text);
    return end;
  }

  /** Reads a value that ends here and is to stay as it is; gives the offset of its last quote, or -1. */
  #clean({ kind, channel }: BegunString, chunk: Uint8Array, from: number): number {
    const { clean } = this.#options.open;
    if (kind !== "scan" || clean === undefined) return -1;
    const whole = wholeString(chunk, from);
    if (whole === undefined || !clean(channel ?? this.#place.key, whole.text)) return -1;
    this.#closeValue();
    return whole.end;
  }

  #text({ kind, channel }: BegunString): Transform {
    const { open } = this.#options;
    if (kind === "name") return open(this.#place.namesChannel);
    const name = channel ?? this.#place.channel;
    if (kind === "json") return editJson({ open, prefix: `${name}.` });
    if (kind === "base64") return pipe([editBase64(open(`${name}.base64`)), open(name)]);
    return open(name);
  }

  #endString(): void {
    this.#string = undefined;
    if (!this.#isName) this.#closeValue();
    else {
      this.#expect = "colon";
      this.#place.named(nameOf(Uint8Array.from(this.#name)));
    }
  }

  #readString(string: Transform, chunk: Uint8Array, from: number): number {
    const end = this.#findQuote(chunk, from);
    const to = end < 0 ? chunk.length : end;
    const inside = chunk.subarray(from, to);
    if (this.#isName && this.#name.length < longestName)
      this.#name.push(...inside.subarray(0, longestName));
    const out = string.write(inside);
    if (out === inside) this.#out.pass(from, to);
    else this.#out.push(out);
    if (end < 0) return chunk.length;
    this.#out.push(string.flush());
    this.#out.pass(end, end + 1);
    this.#endString();
    return end + 1;
  }

  /** Where the string ends in this chunk; -1 if it goes on. */
  #findQuote(chunk: Uint8Array, from: number): number {
    for (let at = chunk.indexOf(quote, from); at >= 0; at = chunk.indexOf(quote, at + 1))
      if (!this.#isEscaped(chunk, from, at)) {
        this.#escaped = false;
        return at;
      }
    this.#escaped = this.#isEscaped(chunk, from, chunk.length);
    return -1;
  }

  /** Whether an odd number of backslashes stands before that place. */
  #isEscaped(chunk: Uint8Array, from: number, at: number): boolean {
    let first = at;
    while (first > from && chunk[first - 1] === backslash) first--;
    return ((at - first) % 2 === 1) !== (first === from && this.#escaped);
  }

  #readSkipped(skip: JsonSkip, chunk: Uint8Array, from: number): number {
    const at = skip.read(chunk, from);
    const replaced = this.#replacement !== undefined;
    this.#options.skipped?.(at - from, replaced ? "removed" : "opaque");
    if (!replaced) this.#out.pass(from, at);
    if (!skip.over) return at;
    if (replaced) this.#out.push(new TextEncoder().encode(this.#replacement));
    this.#skip = undefined;
    this.#closeValue();
    return at;
  }
}
