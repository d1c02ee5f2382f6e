import type { ModelUse } from "../../core/record.ts";
import type { ResponseHead } from "../../http/message.ts";
import { concat } from "../../http/transform.ts";
import { formOf } from "../content-lens.ts";
import type { Meter } from "../protocol.ts";
import type { JsonObject } from "../strict-json.ts";
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
    const answer = this.#size > longest ? undefined : this.#answer();
    return answer && filled(useIn(answer));
  }

  #answer(): JsonObject | undefined {
    const [only, ...others] = this.#chunks;
    if (only === undefined) return undefined;
    return others.length === 0 ? understand(only) : objectIn(concat(this.#chunks));
  }
}

class EventMeter implements Meter {
  /** The line that has not ended yet. */
  #line: Uint8Array[] = [];
  #size = 0;
  #use: ModelUse = {};

  write(chunk: Uint8Array): void {
    const first = chunk.indexOf(lineFeed);
    if (first === -1) {
      this.#keep(chunk);
      return;
    }
    this.#keep(chunk.subarray(0, first));
    const rest = chunk.lastIndexOf(lineFeed);
    if (this.#size <= longest) this.#readLines(concat(this.#line));
    if (rest > first) this.#readLines(chunk.subarray(first + 1, rest));
    this.#line = [];
    this.#size = 0;
    this.#keep(chunk.subarray(rest + 1));
  }

  read(): ModelUse | undefined {
    if (this.#size <= longest) this.#readLines(concat(this.#line));
    this.#line = [];
    return filled(this.#use);
  }

  #keep(bytes: Uint8Array): void {
    this.#size += bytes.length;
    if (this.#size <= longest) this.#line.push(bytes);
    else this.#line = [];
  }

  /** Most lines hold a word or two of text: only those that speak of use or of an end are looked at. */
  #readLines(bytes: Uint8Array): void {
    const lines = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    if (!lines.includes('"usage"') && !lines.includes('_reason"')) return;
    for (const line of lines.toString("utf8").split(/[\r\n]+/)) {
      if (!line.startsWith("data:") || !telling.test(line)) continue;
      const event = objectIn(line.slice("data:".length));
      if (event !== undefined) this.#use = { ...this.#use, ...useIn(event) };
    }
  }
}

const telling = /"usage"\s*:\s*\{|"(?:finish|stop)_reason"\s*:\s*"/;

function filled(use: ModelUse): ModelUse | undefined {
  return Object.keys(use).length === 0 ? undefined : use;
}
