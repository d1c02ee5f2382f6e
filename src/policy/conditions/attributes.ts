import type { AttributeValue } from "../../core/operation.ts";
import type { Path } from "../../yaml/document.ts";
import { type Condition, quantify, type Reading, type Subject } from "../condition.ts";
import type { AttributeTest, Scalars, When } from "../schema.ts";
import type { Scope } from "../scope.ts";
import { bindScalars } from "./scalars.ts";

/** One condition per attribute. An attribute that is not there matches nothing, `none` apart. */
export function attributeConditions(scope: Scope, path: Path, when: When): readonly Condition[] {
  return Object.entries(when.attributes ?? {}).map(([name, test]) => {
    const holds = bindTest(scope, [...path, "attributes", name], test);
    const read = ({ operation }: Subject) =>
      Object.hasOwn(operation.attributes, name) ? operation.attributes[name] : undefined;
    return {
      name: `attributes.${name}`,
      test: (subject) => holds(read(subject)),
      found: (subject) => {
        const value = read(subject);
        return value === undefined ? "not there" : JSON.stringify(value);
      },
    };
  });
}

function bindTest(
  scope: Scope,
  path: Path,
  test: AttributeTest,
): (value: AttributeValue | undefined) => boolean {
  const quantified = (key: string, reading: Reading, scalars: Scalars) => {
    const matches = bindScalars(scope, key === "" ? path : [...path, key], scalars);
    return (value: AttributeValue | undefined) => quantify(reading, several(value), matches);
  };
  if (typeof test !== "object" || Array.isArray(test)) return quantified("", scope.reading, test);
  if ("some" in test) return quantified("some", "some", test.some);
  if ("every" in test) return quantified("every", "every", test.every);
  const any = quantified("none", "some", test.none);
  return (value) => !any(value);
}

function several(value: AttributeValue | undefined): readonly (string | number | boolean)[] {
  if (value === undefined) return [];
  return typeof value === "object" ? value : [value];
}
