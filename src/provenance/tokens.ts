/** What a token is, as far as its shape goes. */
export const kinds = { word: 0, keyword: 1, number: 2, string: 3, mark: 4 } as const;

/** The tokens of a text: a hash of what each says, what it is, and the line it begins on (from 1). */
export class Tokens {
  hashes: Uint32Array;
  kinds: Uint8Array;
  lines: Uint32Array;
  length = 0;

  /** Room for so many to begin with. */
  constructor(room: number) {
    const size = Math.max(64, room);
    this.hashes = new Uint32Array(size);
    this.kinds = new Uint8Array(size);
    this.lines = new Uint32Array(size);
  }

  /** Makes room for the tokens of another text. */
  clear(): void {
    this.length = 0;
  }

  add(hash: number, kind: number, line: number): void {
    const at = this.length;
    if (at === this.hashes.length) this.#grow();
    this.hashes[at] = hash;
    this.kinds[at] = kind;
    this.lines[at] = line;
    this.length = at + 1;
  }

  #grow(): void {
    const size = this.length * 2;
    const { hashes, kinds: shapes, lines } = this;
    this.hashes = new Uint32Array(size);
    this.kinds = new Uint8Array(size);
    this.lines = new Uint32Array(size);
    this.hashes.set(hashes);
    this.kinds.set(shapes);
    this.lines.set(lines);
  }
}

/** FNV-1a, 32 bits, of a token's bytes. */
export function hashOf(bytes: Uint8Array, from: number, to: number, start: number): number {
  let hash = start;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return hash;
}

export const wordStart = 0x811c9dc5 | 0;
/** Strings hash apart from words that spell alike. */
export const stringStart = Math.imul(wordStart ^ 0x22, 0x01000193);
