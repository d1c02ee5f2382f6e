import { concat, nothing, type Transform } from "../../http/transform.ts";
import { placeholderLength, prefix } from "./form.ts";

const sign = Buffer.from(prefix, "latin1");
const first = sign[0] ?? 0;

/** Puts in what each placeholder stands for. One that stands for nothing, or is not whole, goes on as it is. */
export class Restorer implements Transform {
  readonly #value: (placeholder: string) => Uint8Array | undefined;
  /** What may be the beginning of a placeholder. */
  #held: Uint8Array = nothing;

  constructor(value: (placeholder: string) => Uint8Array | undefined) {
    this.#value = value;
  }

  get pending(): number {
    return this.#held.length;
  }

  write(chunk: Uint8Array): Uint8Array {
    // Most pieces of a stream are a few letters, and hold nothing that a placeholder could begin with.
    if (this.#held.length === 0 && !chunk.includes(first)) return chunk;
    const text = this.#held.length > 0 ? concat([this.#held, chunk]) : chunk;
    const bytes = Buffer.from(text.buffer, text.byteOffset, text.length);
    const out: Uint8Array[] = [];
    let copied = 0;
    let at = bytes.indexOf(sign);
    while (at >= 0 && this.#isWhole(bytes, at)) {
      const value = this.#value(bytes.toString("latin1", at, at + placeholderLength));
      if (value !== undefined) {
        out.push(bytes.subarray(copied, at), value);
        copied = at + placeholderLength;
      }
      at = bytes.indexOf(sign, value === undefined ? at + sign.length : copied);
    }
    const end = at >= 0 ? at : bytes.length - begun(bytes, copied);
    this.#held = new Uint8Array(bytes.subarray(end));
    if (copied === 0 && end === text.length) return text;
    out.push(bytes.subarray(copied, end));
    return concat(out);
  }

  flush(): Uint8Array {
    const rest = this.#held;
    this.#held = nothing;
    return rest;
  }

  /** Whether all that a placeholder here could have is at hand: its length, or a byte that it cannot have. */
  #isWhole(bytes: Uint8Array, at: number): boolean {
    const end = Math.min(bytes.length, at + placeholderLength);
    for (let next = at + sign.length; next < end; next++)
      if (!isDigit(bytes[next] as number)) return true;
    return end === at + placeholderLength;
  }
}

function isDigit(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66);
}

/** How many bytes at the end may begin a placeholder. */
function begun(bytes: Buffer, from: number): number {
  for (let length = Math.min(sign.length - 1, bytes.length - from); length > 0; length--)
    if (sign.compare(bytes, bytes.length - length, bytes.length, 0, length) === 0) return length;
  return 0;
}
