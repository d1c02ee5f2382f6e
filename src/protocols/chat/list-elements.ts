/** Where the elements of a list stand in a document. */
export interface ListPlace {
  /** Behind the opening bracket, and at the closing one, or at the end of a document that is cut off. */
  readonly from: number;
  readonly to: number;
  /** Each from behind the bracket or comma up to the next one. */
  readonly elements: readonly (readonly [from: number, to: number])[];
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const bracket = 0x5b;

/** Finds the lists that are the member of that name of a JSON object, not those further inside. */
export function listElements(document: Uint8Array, name: string): readonly ListPlace[] {
  const search = new Search(document, name);
  for (let at = 0; at < document.length; at++) at = search.read(at);
  search.close(document.length);
  return search.lists;
}

class Search {
  readonly lists: ListPlace[] = [];
  readonly #document: Uint8Array;
  readonly #name: string;
  #depth = 0;
  #text: Uint8Array = new Uint8Array(0);
  #key = "";
  /** Where elements begin; empty outside of such a list. */
  #starts: number[] = [];

  constructor(document: Uint8Array, name: string) {
    this.#document = document;
    this.#name = name;
  }

  /** Reads what begins there; gives the offset of its last byte. */
  read(at: number): number {
    const byte = this.#document[at];
    if (byte === quote) return this.#string(at);
    if (byte === colon && this.#depth === 1) this.#key = nameIn(this.#text);
    else if (byte === comma) this.#comma(at);
    else if (byte === bracket || byte === 0x7b) this.#enter(at, byte === bracket);
    else if (byte === 0x5d || byte === 0x7d) this.#leave(at);
    return at;
  }

  close(to: number): void {
    const [from] = this.#starts;
    if (from === undefined) return;
    const ends = [...this.#starts.slice(1).map((start) => start - 1), to];
    const elements = this.#starts.map((start, index) => [start, ends[index] ?? to] as const);
    const text = Buffer.from(this.#document.subarray(from, to)).toString("latin1");
    this.lists.push({ from, to, elements: text.trim() === "" ? [] : elements });
    this.#starts = [];
  }

  #string(from: number): number {
    let at = from + 1;
    while (at < this.#document.length && this.#document[at] !== quote)
      at += this.#document[at] === backslash ? 2 : 1;
    if (this.#depth === 1) this.#text = this.#document.subarray(from, at + 1);
    return at;
  }

  #comma(at: number): void {
    if (this.#depth === 2 && this.#starts.length > 0) this.#starts.push(at + 1);
  }

  #enter(at: number, isList: boolean): void {
    this.#depth += 1;
    if (this.#depth === 2 && isList && this.#key === this.#name) this.#starts = [at + 1];
  }

  #leave(at: number): void {
    this.#depth -= 1;
    if (this.#depth === 1) this.close(at);
  }
}

function nameIn(text: Uint8Array): string {
  try {
    return String(JSON.parse(Buffer.from(text).toString("utf8")));
  } catch {
    return "";
  }
}
