import { z } from "zod";
import { configSchema } from "./schema.ts";

/** JSON Schema (2020-12) of the config file as it is written. */
export function configJsonSchema(): object {
  const schema = z.toJSONSchema(configSchema("/"), { io: "input", unrepresentable: "any" });
  return { title: "Sallyport config", ...schema };
}
