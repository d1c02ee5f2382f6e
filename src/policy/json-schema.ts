import { z } from "zod";
import { isNonEmpty } from "../base/non-empty.ts";
import type { Action } from "../core/action.ts";
import { caseFile } from "./cases/schema.ts";
import { include, policyFile, rule } from "./schema.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** JSON Schema (2020-12) of a policy file as it is written, for completion in editors. */
export function policyJsonSchema({ actions }: Vocabulary): object {
  const orders = z.array(order(actions)).min(1);
  // biome-ignore lint/suspicious/noThenProperty: the word that policy files use
  const ruled = rule.extend({ then: orders });
  const file = policyFile.extend({
    rules: z.array(z.union([ruled, include])).default([]),
    otherwise: orders.optional(),
  });
  const schema = z.toJSONSchema(file, { io: "input", unrepresentable: "any" });
  return { title: "Sallyport policy", ...schema };
}

/** JSON Schema of a file of cases for `policy test`. */
export function casesJsonSchema(): object {
  const schema = z.toJSONSchema(caseFile, { io: "input", unrepresentable: "any" });
  return { title: "Sallyport policy cases", ...schema };
}

/** One action by its name, or as `{ name: parameters }`. */
function order(actions: readonly Action[]): z.ZodType {
  const forms = actions.flatMap(({ name, parameters }): readonly z.ZodType[] => {
    const whole = z.strictObject({ [name]: parameters });
    return parameters.safeParse({}).success ? [z.literal(name), whole] : [whole];
  });
  return isNonEmpty(forms) ? z.union(forms) : z.never();
}
