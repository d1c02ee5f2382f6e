import type { Facts } from "../../core/facts.ts";
import type { Path } from "../../yaml/document.ts";
import { type Condition, quantify, undecidable, type Verdict } from "../condition.ts";
import type { When } from "../schema.ts";
import { bindPatterns, type Scope } from "../scope.ts";

/** The request's own measure and headers. */
export function requestConditions(scope: Scope, path: Path, when: When): readonly Condition[] {
  const conditions: Condition[] = [];
  const { size, headers = {} } = when;
  if (size !== undefined) {
    const test = (facts: Facts): Verdict => {
      const bytes = sizeOf(facts);
      if (bytes === undefined) return undecidable("The length of the request is not known.");
      return (
        (size.over === undefined || bytes > size.over) &&
        (size.upTo === undefined || bytes <= size.upTo)
      );
    };
    conditions.push({
      name: "size",
      reads: ["headers", "body"],
      test: ({ facts }) => test(facts),
      found: ({ facts }) => `${sizeOf(facts) ?? "unknown"} bytes`,
    });
  }
  for (const [name, patterns] of Object.entries(headers)) {
    const matches = bindPatterns(scope, [...path, "headers", name], patterns);
    const read = (facts: Facts) => facts.head.fields.all(name.toLowerCase());
    conditions.push({
      name: `headers.${name}`,
      reads: ["headers"],
      test: ({ facts }) => quantify(scope.reading, read(facts), matches),
      found: ({ facts }) => (read(facts).length === 0 ? "not there" : "another value"),
    });
  }
  return conditions;
}

/** The body's length in bytes: what was announced or what was read, whichever is more. */
function sizeOf({ head, body }: Facts): number | undefined {
  const announced = head.fields.get("content-length");
  if (announced !== undefined && !/^[0-9]{1,15}$/.test(announced)) return undefined;
  return Math.max(Number(announced ?? 0), body.length);
}
