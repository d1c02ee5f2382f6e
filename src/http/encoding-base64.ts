import { concat, nothing, type Transform } from "./transform.ts";

const lineFeed = 10;
const carriageReturn = 13;
const padding = 0x3d;

/** Four characters of base64 (RFC 4648 section 4), the line ends before them, and the bytes that they stand for. */
interface Quantum {
  readonly raw: Uint8Array;
  readonly bytes: Uint8Array;
}

/**
 * Edits text that is written in base64, lines and all. Until something is changed it stays character for character as
 * it was; from then on it is written anew, in lines of the same length. What is not base64 goes on as it is, unread.
 */
export function editBase64(transform: Transform): Transform {
  return new Base64Edit(transform);
}

class Base64Edit implements Transform {
  readonly #transform: Transform;
  /** Characters and line ends of a quantum that is not whole yet. */
  #part: number[] = [];
  #symbols = 0;
  /** Given to the transform, not yet matched with what came out of it. */
  #given: Quantum[] = [];
  /** Bytes that came out and do not fill a quantum. */
  #rest: Uint8Array = nothing;
  #mode: "same" | "anew" | "unread" = "same";
  /** Characters in the current line, and in a full one once that is known. */
  #column = 0;
  #lineLength = Infinity;
  #lineEnd: Uint8Array = Uint8Array.of(lineFeed);

  constructor(transform: Transform) {
    this.#transform = transform;
  }

  get pending(): number {
    return this.#part.length + this.#given.length + this.#rest.length;
  }

  write(chunk: Uint8Array): Uint8Array {
    const out: Uint8Array[] = [];
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (this.#mode !== "unread" && !this.#take(byte, out)) out.push(this.#giveUp());
      if (this.#mode === "unread") {
        out.push(chunk.subarray(at));
        break;
      }
    }
    return concat(out);
  }

  flush(): Uint8Array {
    if (this.#mode === "unread") return nothing;
    if (this.#symbols > 0) return this.#giveUp();
    const rest = this.#read(this.#transform.flush());
    const last = this.#mode === "anew" ? this.#encode(this.#rest, true) : nothing;
    return concat([rest, last, this.#mode === "same" ? Uint8Array.from(this.#part) : nothing]);
  }

  /** False if the byte is not base64. */
  #take(byte: number, out: Uint8Array[]): boolean {
    const isLineEnd = byte === lineFeed || byte === carriageReturn;
    if (!isLineEnd && !isSymbol(byte)) return false;
    this.#part.push(byte);
    if (isLineEnd || ++this.#symbols < 4) return true;
    const raw = Uint8Array.from(this.#part);
    this.#part = [];
    this.#symbols = 0;
    const bytes = Buffer.from(Buffer.from(raw).toString("latin1"), "base64");
    this.#given.push({ raw, bytes });
    out.push(this.#read(this.#transform.write(bytes)));
    return true;
  }

  /** What comes from here on is not base64: what is held goes out edited, the rest as it is. */
  #giveUp(): Uint8Array {
    const held = this.#read(this.#transform.flush());
    const last = this.#mode === "anew" ? this.#encode(this.#rest, true) : nothing;
    const part = Uint8Array.from(this.#part);
    this.#part = [];
    this.#mode = "unread";
    return concat([held, last, part]);
  }

  /** Takes what came out of the transform. */
  #read(out: Uint8Array): Uint8Array {
    this.#rest = concat([this.#rest, out]);
    const same = this.#mode === "same" ? this.#readSame() : nothing;
    if (this.#mode !== "anew") return same;
    this.#given = [];
    const whole = this.#rest.length - (this.#rest.length % 3);
    const anew = this.#encode(this.#rest.subarray(0, whole), false);
    this.#rest = this.#rest.subarray(whole);
    return concat([same, anew]);
  }

  /** Gives the quanta that came out as they went in, up to the first that did not. */
  #readSame(): Uint8Array {
    const written: Uint8Array[] = [];
    for (let next = this.#given[0]; this.#rest.length > 0; next = this.#given[0]) {
      const isWhole = next !== undefined && next.bytes.length <= this.#rest.length;
      const isSame = next !== undefined && agree(next.bytes, this.#rest);
      if (!isSame) this.#mode = "anew";
      if (!next || !isWhole || !isSame) break;
      written.push(next.raw);
      this.#count(next.raw);
      this.#rest = this.#rest.subarray(next.bytes.length);
      this.#given.shift();
    }
    return concat(written);
  }

  /** Learns the length of lines from those that go by. */
  #count(raw: Uint8Array): void {
    for (const byte of raw) {
      if (byte === lineFeed || byte === carriageReturn) {
        if (this.#column > 0) this.#lineLength = this.#column;
        this.#column = 0;
        const from = raw.indexOf(byte);
        this.#lineEnd = raw.subarray(from, raw.lastIndexOf(lineFeed) + 1);
      } else this.#column++;
    }
  }

  #encode(bytes: Uint8Array, last: boolean): Uint8Array {
    const symbols = Buffer.from(Buffer.from(bytes).toString("base64"), "latin1");
    const out: Uint8Array[] = [];
    for (const symbol of symbols) {
      if (this.#column >= this.#lineLength) {
        out.push(this.#lineEnd);
        this.#column = 0;
      }
      out.push(Uint8Array.of(symbol));
      this.#column++;
    }
    if (last && this.#lineLength !== Infinity) out.push(this.#lineEnd);
    return concat(out);
  }
}

function isSymbol(byte: number): boolean {
  return (
    (byte >= 65 && byte <= 90) ||
    (byte >= 97 && byte <= 122) ||
    (byte >= 47 && byte <= 57) ||
    byte === 0x2b ||
    byte === padding
  );
}

/** Whether one begins with the other. */
function agree(a: Uint8Array, b: Uint8Array): boolean {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) if (a[at] !== b[at]) return false;
  return true;
}
