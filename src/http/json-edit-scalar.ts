const literals = ["true", "false", "null"];
const longest = 400;

/** Reads a number or one of the three literal names (RFC 8259 section 3 and 6), byte by byte. */
export class JsonScalar {
  #text: string;

  constructor(first: number) {
    this.#text = String.fromCharCode(first);
  }

  /** Whether a value may begin like this. */
  get isPossible(): boolean {
    return isStart(this.#text);
  }

  get isComplete(): boolean {
    return /\d$/.test(this.#text) || literals.includes(this.#text);
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
    /^-?\d*(?:\.\d*)?(?:[eE][-+]?\d*)?$/.test(text) ||
    literals.some((literal) => literal.startsWith(text))
  );
}
