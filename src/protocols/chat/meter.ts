import type { ModelUse } from "../../core/record.ts";
import type { ResponseHead } from "../../http/message.ts";
import { concat, nothing } from "../../http/transform.ts";
import { formOf } from "../content-lens.ts";
import type { Meter } from "../protocol.ts";
import { objectIn, understand } from "../understood.ts";
import { useIn } from "./usage.ts";

/** The longest event, and the longest answer in one piece, that is read, in bytes. */
const longest = 4 * 1024 * 1024;
const lineFeed = 10;

/** Reads what a model's answer says of itself, streamed or whole, and next to nothing of what else it says. */
export function meterModel({ fields }: ResponseHead): Meter {
  return formOf(fields) === "events" ? new EventMeter() : new WholeMeter();
}

class WholeMeter implements Meter {
  #chunks: Uint8Array[] = [];
  #size = 0;

  write(chunk: Uint8Array): void {
    this.#size += chunk.length;
    if (chunk.length === 0) return;
    if (this.#size <= longest) this.#chunks.push(chunk);
    else this.#chunks = [];
  }

  read(): ModelUse | undefined {
    const answer = this.#size > longest ? undefined : understand(this.#chunks);
    this.#chunks = [];
    return answer && filled(useIn(answer));
  }
}

class EventMeter implements Meter {
  /** The line that has not ended yet. */
  #line: Uint8Array[] = [];
  #size = 0;
  #use: ModelUse = {};

  write(chunk: Uint8Array): void {
    const rest = chunk.lastIndexOf(lineFeed);
    if (rest >= 0) this.#readWhole(chunk, rest);
    if (rest + 1 < chunk.length) this.#keep(rest < 0 ? chunk : chunk.subarray(rest + 1));
  }

  /** The lines that end in the chunk, of which the first may have begun before it. */
  #readWhole(chunk: Uint8Array, end: number): void {
    let from = 0;
    if (this.#size > 0) {
      const first = chunk.indexOf(lineFeed);
      this.#keep(chunk.subarray(0, first));
      this.#readKept();
      from = first + 1;
    }
    if (from < end && tells(chunk)) this.#readLines(chunk.subarray(from, end));
  }

  read(): ModelUse | undefined {
    this.#readKept();
    return filled(this.#use);
  }

  #keep(bytes: Uint8Array): void {
    this.#size += bytes.length;
    if (this.#size <= longest) this.#line.push(bytes);
    else this.#line = [];
  }

  #readKept(): void {
    const line = this.#size <= longest ? concat(this.#line) : nothing;
    if (tells(line)) this.#readLines(line);
    this.#line = [];
    this.#size = 0;
  }

  #readLines(bytes: Uint8Array): void {
    for (const line of asBuffer(bytes)
      .toString("utf8")
      .split(/[\r\n]+/)) {
      if (!line.startsWith("data:") || !telling.test(line)) continue;
      const event = objectIn(line.slice("data:".length));
      if (event !== undefined) this.#use = { ...this.#use, ...useIn(event) };
    }
  }
}

const telling = /"usage"\s*:\s*\{|"(?:finish|stop)_reason"\s*:\s*"/;
const usageName = Buffer.from('"usage"');
const reasonName = Buffer.from('_reason"');
const [quote, brace, colon] = [0x22, 0x7b, 0x3a];

/** Most lines hold a word or two of text: only those that speak of use or of an end are looked at. */
function tells(bytes: Uint8Array): boolean {
  const lines = asBuffer(bytes);
  return gives(lines, reasonName, quote) || gives(lines, usageName, brace);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return bytes instanceof Buffer
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Whether a value that begins with that byte has a name that ends like this: most chunks have the name, and `null`. */
function gives(lines: Buffer, name: Buffer, first: number): boolean {
  for (let at = lines.indexOf(name); at >= 0; at = lines.indexOf(name, at + 1)) {
    const value = inkFrom(lines, at + name.length);
    if (lines[value] === colon && lines[inkFrom(lines, value + 1)] === first) return true;
  }
  return false;
}

/** Where something begins that is no white space, as JSON has it. */
function inkFrom(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === 0x20 || bytes[at] === 0x09 || bytes[at] === 0x0a || bytes[at] === 0x0d) at++;
  return at;
}

function filled(use: ModelUse): ModelUse | undefined {
  return Object.keys(use).length === 0 ? undefined : use;
}
