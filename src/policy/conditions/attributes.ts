import type { AttributeValue } from "../../core/operation.ts";
import type { Path } from "../../yaml/document.ts";
import { type Condition, quantify, type Reading, type Subject } from "../condition.ts";
import type { AttributeTest, Scalars, When } from "../schema.ts";
import type { Scope } from "../scope.ts";
import { bindScalars } from "./scalars.ts";

/**
 * One condition per attribute. An attribute that is not there matches nothing, `none` apart. One that could not be told
 * in full is read strictly: a rule that refuses or asks a person matches where it might, a rule that lets go does not.
 */
export function attributeConditions(scope: Scope, path: Path, when: When): readonly Condition[] {
  return Object.entries(when.attributes ?? {}).map(([name, test]) => {
    const holds = bindTest(scope, [...path, "attributes", name], test);
    const doubt = scope.reading === "some";
    return {
      name: `attributes.${name}`,
      test: (subject) => {
        const { value, told } = read(subject, name);
        const answer = holds(value, told);
        return answer === "in doubt" ? doubt : answer;
      },
      found: (subject) => {
        const { value, told } = read(subject, name);
        const text = value === undefined ? "not there" : JSON.stringify(value);
        return told ? text : `${text}, not told in full`;
      },
    };
  });
}

interface Told {
  readonly value: AttributeValue | undefined;
  /** The value is all of it. */
  readonly told: boolean;
}

function read({ operation }: Subject, name: string): Told {
  const { attributes, unknown = [] } = operation;
  const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
  return { value, told: !unknown.includes(name) };
}

type Answer = boolean | "in doubt";
type Test = (value: AttributeValue | undefined, told: boolean) => Answer;

function bindTest(scope: Scope, path: Path, test: AttributeTest): Test {
  const quantified = (key: string, reading: Reading, scalars: Scalars): Test => {
    const matches = bindScalars(scope, key === "" ? path : [...path, key], scalars);
    return (value, told) => {
      const holds = quantify(reading, several(value), matches);
      if (told) return holds;
      // What is not known can add a match to none, and take "every" from all.
      return reading === "some" && holds ? true : "in doubt";
    };
  };
  if (typeof test !== "object" || Array.isArray(test)) return quantified("", scope.reading, test);
  if ("some" in test) return quantified("some", "some", test.some);
  if ("every" in test) return quantified("every", "every", test.every);
  const some = quantified("none", "some", test.none);
  return (value, told) => {
    const holds = some(value, told);
    return holds === "in doubt" ? holds : !holds;
  };
}

function several(value: AttributeValue | undefined): readonly (string | number | boolean)[] {
  if (value === undefined) return [];
  return typeof value === "object" ? value : [value];
}
