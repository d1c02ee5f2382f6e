import type { ZodType, z } from "zod";
import type { Action } from "../core/action.ts";
import type { BoundAction } from "../core/decision.ts";

export type { Action };

/** An action whose `bind` is given what its own schema reads. */
export function defineAction<S extends ZodType>(
  name: string,
  parameters: S,
  bind: (parameters: z.output<S>) => BoundAction,
  kind: Action["kind"] = "lets",
): Action {
  return { name, kind, parameters, bind: (read) => bind(read as z.output<S>) };
}
