import type { Path } from "../../yaml/document.ts";
import { glob } from "../pattern.ts";
import type { Scalars } from "../schema.ts";
import { type Scope, spell } from "../scope.ts";

/** Whether a plain value is one of those written: texts are globs, numbers and truth values are themselves. */
export function bindScalars(
  scope: Scope,
  path: Path,
  scalars: Scalars,
): (value: unknown) => boolean {
  const written = Array.isArray(scalars) ? scalars : [scalars];
  const tests = written.map((scalar, index) => {
    if (typeof scalar !== "string") return (value: unknown) => value === scalar;
    const texts = spell(scope, Array.isArray(scalars) ? [...path, index] : path, scalar).map(glob);
    return (value: unknown) => typeof value === "string" && texts.some((text) => text(value));
  });
  return (value) => tests.some((test) => test(value));
}
