import { cut } from "../record/cut.ts";
import { type Attributes, maxAttributes, maxValueBytes, type SpanValue } from "./attributes.ts";

/** Attributes in the making: long values are cut, and what is undefined, empty, or beyond the last name is dropped. */
export class Draft {
  readonly #attributes: (readonly [name: string, value: SpanValue])[] = [];
  readonly #most: number;

  constructor(most: number = maxAttributes) {
    this.#most = most;
  }

  add(name: string, value: SpanValue | undefined): void {
    if (value === undefined || value === "" || this.#attributes.length >= this.#most) return;
    this.#attributes.push([name, shortened(value)]);
  }

  all(): Attributes {
    return this.#attributes;
  }
}

function shortened(value: SpanValue): SpanValue {
  if (typeof value === "string") return cut(value, maxValueBytes);
  if (typeof value === "number" || typeof value === "boolean") return value;
  return value.slice(0, 16).map(shortItem);
}

function shortItem(item: string): string {
  return cut(item, maxValueBytes / 16);
}
