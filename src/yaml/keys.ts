import type { ZodType } from "zod";
import type { Path } from "./document.ts";

/** The keys that a schema knows at that path: what could have been meant by a key that it does not know. */
export function knownKeys(schema: ZodType | undefined, path: Path): readonly string[] {
  if (schema === undefined) return [];
  const { def, shape = {} } = schema as unknown as SchemaNode;
  const [segment, ...rest] = path;
  switch (def.type) {
    case "object":
      return segment === undefined ? Object.keys(shape) : knownKeys(shape[String(segment)], rest);
    case "array":
      return segment === undefined ? [] : knownKeys(def.element, rest);
    case "record":
      return segment === undefined ? [] : knownKeys(def.valueType, rest);
    case "union":
      return [...new Set(def.options?.flatMap((option) => knownKeys(option, path)))];
    case "pipe":
      return knownKeys(def.in, path);
    default:
      return knownKeys(def.innerType, path);
  }
}

/** The part of zod's public introspection (`schema.def`) that is walked here. */
interface SchemaNode {
  readonly def: {
    readonly type: string;
    readonly element?: ZodType;
    readonly valueType?: ZodType;
    readonly options?: readonly ZodType[];
    readonly in?: ZodType;
    readonly innerType?: ZodType;
  };
  readonly shape?: Readonly<Record<string, ZodType>>;
}
