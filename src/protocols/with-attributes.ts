import type { AttributeValue, Operation } from "../core/operation.ts";

/** The operation with more attributes. */
export function withAttributes(
  operation: Operation,
  attributes: Readonly<Record<string, AttributeValue>>,
): Operation {
  return { ...operation, attributes: { ...operation.attributes, ...attributes } };
}
