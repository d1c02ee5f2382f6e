import { cut } from "../record/cut.ts";
import { type Attributes, maxAttributes, maxValueBytes, type SpanValue } from "./attributes.ts";

/** Attributes in the making: long values are cut, and what is undefined, empty, or beyond the 64th name is dropped. */
export class Draft {
  readonly #attributes: (readonly [name: string, value: SpanValue])[] = [];

  add(name: string, value: SpanValue | undefined): void {
    if (value === undefined || value === "" || this.#attributes.length === maxAttributes) return;
    this.#attributes.push([name, shortened(value)]);
  }

  /** Those of another draft, as far as there is room. */
  addAll(attributes: Attributes): void {
    for (const attribute of attributes)
      if (this.#attributes.length < maxAttributes) this.#attributes.push(attribute);
  }

  all(): Attributes {
    return this.#attributes;
  }
}

function shortened(value: SpanValue): SpanValue {
  if (typeof value === "string") return cut(value, maxValueBytes);
  if (typeof value === "number" || typeof value === "boolean") return value;
  return value.slice(0, 16).map((item) => cut(item, maxValueBytes / 16));
}
