const literals = ["true", "false", "null"];
const longest = 400;

/** Reads a number or one of the three literal names (RFC 8259 section 3 and 6), byte by byte. */
export class JsonScalar {
  #text = "";

  /** Whether a value may begin like this. */
  static begins(byte: number): boolean {
    return isStart(String.fromCharCode(byte));
  }

  get isComplete(): boolean {
    return /\d$/.test(this.#text) || literals.includes(this.#text);
  }

  /** What was read so far. */
  get bytes(): Uint8Array {
    return Buffer.from(this.#text, "latin1");
  }

  /** Takes the byte, if it belongs to the value. */
  take(byte: number): boolean {
    const longer = this.#text + String.fromCharCode(byte);
    if (!isStart(longer)) return false;
    this.#text = longer;
    return true;
  }
}

function isStart(text: string): boolean {
  if (text.length > longest) return false;
  return (
    /^-?(?:\d+(?:\.\d*)?(?:[eE][-+]?\d*)?)?$/.test(text) ||
    literals.some((literal) => literal.startsWith(text))
  );
}
