import { SpelledEdit, type Spelling } from "./encoding-spelled.ts";
import { concat, type Transform } from "./transform.ts";

const percent = 0x25;
const plus = 0x2b;
const ampersand = 0x26;
const equals = 0x3d;
const longestName = 256;

/** Text in a form's field (WHATWG URL, section 5). */
const formText: Spelling = {
  begins: Uint8Array.from({ length: 256 }, (_, byte) =>
    byte === percent || byte === plus ? 1 : 0,
  ),
  second: new Int16Array(256).fill(-1),
  continues: (started, byte) =>
    started.length === 0 || (started[0] === percent && started.length < 3 && isHex(byte)),
  isWhole: (started) => started[0] === plus || started.length === 3,
  textOf: (raw) => {
    if (raw[0] === plus) return Uint8Array.of(0x20);
    if (raw.length < 3) return raw;
    return Uint8Array.of(Number.parseInt(String.fromCharCode(...raw.subarray(1)), 16));
  },
  spell: (text) =>
    Buffer.from(
      [...text].map((byte) => (isPlain(byte) ? String.fromCharCode(byte) : escaped(byte))).join(""),
      "latin1",
    ),
};

function isHex(byte: number): boolean {
  return /[0-9A-Fa-f]/.test(String.fromCharCode(byte));
}

function isPlain(byte: number): boolean {
  return /[A-Za-z0-9*._-]/.test(String.fromCharCode(byte));
}

function escaped(byte: number): string {
  return byte === 0x20 ? "+" : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}

/** Edits `application/x-www-form-urlencoded`: each value goes through a channel called like its field. */
export function editForm(open: (channel: string) => Transform): Transform {
  return new FormEdit(open);
}

class FormEdit implements Transform {
  readonly #open: (channel: string) => Transform;
  #part: Transform;
  #name: number[] | undefined = [];

  constructor(open: (channel: string) => Transform) {
    this.#open = open;
    this.#part = this.#begin("form:name");
  }

  write(chunk: Uint8Array): Uint8Array {
    const out: Uint8Array[] = [];
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      const ends = byte === ampersand || (byte === equals && this.#name !== undefined);
      if (!ends) {
        if (this.#name && this.#name.length < longestName) this.#name.push(byte);
        continue;
      }
      out.push(this.#part.write(chunk.subarray(from, at)), this.#part.flush());
      out.push(chunk.subarray(at, at + 1));
      from = at + 1;
      this.#next(byte);
    }
    out.push(this.#part.write(chunk.subarray(from)));
    return concat(out);
  }

  flush(): Uint8Array {
    return this.#part.flush();
  }

  #begin(channel: string): Transform {
    return new SpelledEdit(this.#open(channel), formText);
  }

  #next(byte: number): void {
    if (byte === equals) {
      const name = Buffer.from(this.#name ?? []).toString("latin1");
      this.#name = undefined;
      this.#part = this.#begin(`form.${name}`);
    } else {
      this.#name = [];
      this.#part = this.#begin("form:name");
    }
  }
}
