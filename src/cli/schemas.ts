import { configJsonSchema } from "../config/json-schema.ts";
import { casesJsonSchema, policyJsonSchema } from "../policy/json-schema.ts";
import { paperVocabulary } from "./policy-words.ts";

export const schemaNames = ["config", "policy", "cases"] as const;
export type SchemaName = (typeof schemaNames)[number];

/** A published JSON Schema, as text: what `# yaml-language-server: $schema=…` points editors to. */
export function schemaText(name: SchemaName): string {
  const schema = {
    config: configJsonSchema,
    policy: () => policyJsonSchema(paperVocabulary(undefined)),
    cases: casesJsonSchema,
  }[name]();
  return JSON.stringify(schema, null, 2);
}
