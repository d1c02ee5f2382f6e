import type { JsonPath } from "./json-edit-options.ts";

/** Longer member names count by their beginning, in bytes. */
export const longestName = 256;

/** What may come next. */
export type Expect = "value" | "first-name" | "name" | "colon" | "first-value" | "comma" | "end";

/** A string whose quote was read. */
export interface BegunString {
  readonly kind: "scan" | "json" | "base64" | "name";
  /** The channel's name, where it is not the place's. */
  readonly channel: string | undefined;
}

const deepest = 256;

/** Where in a document we are: the open objects and arrays, and the member or element of each that is being read. */
export class JsonPlace {
  readonly #path: (string | number)[] = [];
  readonly #isObject: boolean[] = [];
  readonly #prefix: string;

  /** `prefix` stands before the path in the names of channels. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Valid until the next change. */
  get path(): JsonPath {
    return this.#path;
  }

  get isOutside(): boolean {
    return this.#path.length === 0;
  }

  /** The last name of the channel: what a text counts as the value of. */
  get key(): string {
    const last = this.#path[this.#path.length - 1];
    if (typeof last === "string") return last;
    return last === undefined ? this.channel : "";
  }

  /** The channel that belongs to the value that is being read. */
  get channel(): string {
    if (this.#path.length > 0) return this.#prefix + this.#path.join(".");
    return this.#prefix === "" ? "body" : this.#prefix;
  }

  /** The channel of the names of the innermost object's members. */
  get namesChannel(): string {
    const parent = (this.#prefix + this.#path.slice(0, -1).join(".")).replace(/\.$/, "");
    return `${parent === "" ? "body" : parent}${namesKey}`;
  }

  /** False where documents may not be that deep. */
  enter(isObject: boolean): boolean {
    if (this.#path.length >= deepest) return false;
    this.#path.push(isObject ? "" : 0);
    this.#isObject.push(isObject);
    return true;
  }

  /** False if it is not such a thing that is open. */
  leave(isObject: boolean): boolean {
    this.#path.pop();
    return this.#isObject.pop() === isObject;
  }

  /** After a comma: what must come; nothing where no comma can stand. */
  next(): Expect | undefined {
    const last = this.#path.length - 1;
    if (last < 0) return undefined;
    const at = this.#path[last];
    if (typeof at === "number") this.#path[last] = at + 1;
    return this.#isObject[last] === true ? "name" : "value";
  }

  named(name: string): void {
    this.#path[this.#path.length - 1] = name;
  }
}

/** How the channels of member names end. */
export const namesKey = ":name";

/** A member name from what stands between its quotes, escapes undone. */
export function nameOf(inside: Uint8Array): string {
  const { buffer, byteOffset, length } = inside;
  const text = Buffer.from(buffer, byteOffset, Math.min(length, longestName)).toString("utf8");
  if (!text.includes("\\")) return text;
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    return text;
  }
}
