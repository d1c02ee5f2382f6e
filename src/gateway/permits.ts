import type { Operation } from "../core/operation.ts";
import type { Found } from "./admit.ts";
import type { Parts } from "./parts.ts";

/** Whether policy could let this caller do that, whatever else the request would say. */
export function permits(
  { policy }: Pick<Parts, "policy">,
  { facts }: Found,
  operation: Operation,
): boolean {
  if (facts === undefined) return false;
  const body = new Uint8Array(0);
  return policy().couldLet({ ...facts, body, operations: [operation] });
}
