import { numberRoom, writeNumber, writePlain, writeWord } from "./plain.ts";

const slabBytes = 1 << 16;
/** Longer texts are for the engine: a call of it costs more than a loop over so many characters. */
const shortText = 256;

/**
 * Spells JSON as bytes, into memory of which many texts have a part: no string is made of what is spelled, and no
 * buffer for each.
 */
export class Spelling {
  #bytes = Buffer.allocUnsafeSlow(slabBytes);
  #at = 0;
  #from = 0;

  /** Begins a text; whatever was begun and not ended is forgotten. */
  begin(): void {
    this.#at = this.#from;
  }

  /** The text that was begun. */
  end(): Buffer {
    const text = this.#bytes.subarray(this.#from, this.#at);
    this.#from = this.#at;
    return text;
  }

  /** How long it is so far. */
  get length(): number {
    return this.#at - this.#from;
  }

  /** What was spelled since it was that long; to be copied before more is spelled. */
  since(length: number): Buffer {
    return this.#bytes.subarray(this.#from + length, this.#at);
  }

  /** What was spelled before. */
  bytes(spelled: Buffer): void {
    this.#need(spelled.length);
    this.#bytes.set(spelled, this.#at);
    this.#at += spelled.length;
  }

  /** One character of ASCII that stands for itself. */
  mark(code: number): void {
    this.#need(1);
    this.#bytes[this.#at++] = code;
  }

  /** A word of ASCII that stands for itself. */
  literal(word: string): void {
    this.#need(word.length);
    this.#at = writeWord(this.#bytes, this.#at, word);
  }

  number(value: number): void {
    if (!Number.isFinite(value)) throw new TypeError("a number without a canonical form");
    this.#need(numberRoom);
    this.#at = writeNumber(this.#bytes, this.#at, value);
  }

  string(text: string): void {
    if (text.length <= shortText && this.#plain(text)) return;
    if (!text.isWellFormed()) throw new TypeError("a lone surrogate has no canonical form");
    const spelled = JSON.stringify(text);
    // No text has more than three bytes for each unit.
    this.#need(spelled.length * 3);
    this.#at += this.#bytes.write(spelled, this.#at);
  }

  #plain(text: string): boolean {
    this.#need(text.length + 2);
    const end = writePlain(this.#bytes, this.#at, text);
    if (end >= 0) this.#at = end;
    return end >= 0;
  }

  #need(room: number): void {
    if (this.#at + room <= this.#bytes.length) return;
    const begun = this.#bytes.subarray(this.#from, this.#at);
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(slabBytes, (begun.length + room) * 2));
    this.#bytes.set(begun);
    this.#at = begun.length;
    this.#from = 0;
  }
}
