import { EditOutput } from "./edit-output.ts";
import { editBase64 } from "./encoding-base64.ts";
import type { JsonEditOptions, JsonPath, Treatment } from "./json-edit-options.ts";
import {
  type BegunString,
  type Container,
  type Expect,
  longestName,
  nameOf,
} from "./json-edit-place.ts";
import { JsonScalar } from "./json-edit-scalar.ts";
import { JsonSkip } from "./json-edit-skip.ts";
import { editJsonString } from "./json-edit-string.ts";
import { nothing, pipe, type Transform } from "./transform.ts";

export type { JsonEditOptions, JsonPath, Treatment } from "./json-edit-options.ts";

const quote = 0x22;
const backslash = 0x5c;
const maxDepth = 256;

const scan: Treatment = { kind: "scan" };

/**
 * Edits the strings of JSON (RFC 8259), one document or several in a row, in place: every byte outside of changed
 * strings stays as it was. Member names are scanned too. It reads a stream, cut anywhere, in memory that does not
 * grow with it. Bytes that are not JSON, and all after them, go through the channel `raw`.
 */
export function editJson(options: JsonEditOptions): Transform {
  return new JsonEdit(options);
}

class JsonEdit implements Transform {
  readonly #options: JsonEditOptions;
  readonly #stack: Container[] = [];
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
      if (!this.#readByte(chunk[at] ?? 0)) {
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
    let at = from;
    while (at < chunk.length && scalar.take(chunk[at] ?? 0)) at++;
    if (at === chunk.length) return at;
    if (!scalar.isComplete) this.#breakOff(scalar.bytes);
    else {
      this.#out.push(scalar.bytes);
      this.#scalar = undefined;
      this.#closeValue();
    }
    return at;
  }

  #beginName(byte: number): boolean {
    if (byte !== quote) return false;
    this.#isName = true;
    this.#name = [];
    const parent = this.#top?.prefix.slice(0, -1) ?? "";
    this.#begun = { kind: "scan", channel: `${parent === "" ? "body" : parent}:name` };
    return true;
  }

  #beginValue(byte: number): boolean {
    const treatment = this.#options.treat?.(this.#path()) ?? scan;
    if (treatment.kind === "keep" || treatment.kind === "replace") {
      this.#skip = new JsonSkip();
      this.#replacement = treatment.kind === "replace" ? treatment.json : undefined;
      return true;
    }
    if (byte === quote) {
      const channel = treatment.channel ?? this.#channel();
      this.#begun = { kind: treatment.kind, channel };
      this.#isName = false;
      return true;
    }
    if (byte === 0x7b || byte === 0x5b) return this.#enter(byte === 0x7b);
    this.#scalar = new JsonScalar();
    return JsonScalar.begins(byte);
  }

  #text(kind: "scan" | "json" | "base64", channel: string): Transform {
    const { open } = this.#options;
    if (kind === "json") return editJson({ open, prefix: `${channel}.` });
    if (kind === "base64") return pipe([editBase64(open(`${channel}.base64`)), open(channel)]);
    return open(channel);
  }

  #enter(isObject: boolean): boolean {
    if (this.#stack.length >= maxDepth) return false;
    const top = this.#top;
    const prefix = top === undefined ? (this.#options.prefix ?? "") : `${top.prefix}${top.at}.`;
    this.#stack.push({ isObject, at: isObject ? "" : 0, prefix });
    this.#expect = isObject ? "first-name" : "first-value";
    return true;
  }

  #leave(isObject: boolean): boolean {
    const container = this.#stack.pop();
    if (!container || container.isObject !== isObject) return false;
    this.#closeValue();
    return true;
  }

  /** After a comma. */
  #next(): boolean {
    const container = this.#top;
    if (!container) return false;
    this.#expect = container.isObject ? "name" : "value";
    if (typeof container.at === "number") container.at++;
    return true;
  }

  #closeValue(): void {
    this.#expect = this.#stack.length === 0 ? "end" : "comma";
  }

  get #top(): Container | undefined {
    return this.#stack[this.#stack.length - 1];
  }

  #path(): JsonPath {
    return this.#stack.map((container) => container.at);
  }

  #channel(): string {
    const top = this.#top;
    if (top !== undefined) return `${top.prefix}${top.at}`;
    return this.#options.prefix === undefined || this.#options.prefix === ""
      ? "body"
      : this.#options.prefix;
  }

  /** A string that ends in this chunk and holds nothing to change goes on as it is; any other gets its transform. */
  #beginString({ kind, channel }: BegunString, chunk: Uint8Array, from: number): number {
    this.#begun = undefined;
    const end = chunk.indexOf(quote, from);
    const inside = end < 0 ? undefined : chunk.subarray(from, end);
    if (
      inside !== undefined &&
      kind === "scan" &&
      !inside.includes(backslash) &&
      this.#options.open.clean?.(channel, inside) === true
    ) {
      this.#out.pass(from, end + 1);
      this.#endString(inside);
      return end + 1;
    }
    this.#string = editJsonString(this.#text(kind, channel));
    return from;
  }

  #endString(name: Uint8Array): void {
    this.#string = undefined;
    if (!this.#isName) this.#closeValue();
    else {
      this.#expect = "colon";
      if (this.#top) this.#top.at = nameOf(name);
    }
  }

  #readString(string: Transform, chunk: Uint8Array, from: number): number {
    const end = this.#findQuote(chunk, from);
    const inside = chunk.subarray(from, end < 0 ? chunk.length : end);
    if (this.#isName && this.#name.length < longestName)
      this.#name.push(...inside.subarray(0, longestName));
    this.#out.push(string.write(inside));
    if (end < 0) return chunk.length;
    this.#out.push(string.flush());
    this.#out.pass(end, end + 1);
    this.#endString(Uint8Array.from(this.#name));
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
    this.#options.skipped?.(at - from, replaced ? "replaced" : "kept");
    if (!replaced) this.#out.pass(from, at);
    if (!skip.over) return at;
    if (replaced) this.#out.push(new TextEncoder().encode(this.#replacement));
    this.#skip = undefined;
    this.#closeValue();
    return at;
  }
}
