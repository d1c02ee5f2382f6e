import { readFileSync } from "node:fs";
import { err, ok, type Result } from "../base/result.ts";
import { Secret } from "../base/secret.ts";
import type { SecretReference } from "../config/reference.ts";

/** The secret behind a reference; the error names the place, never the value. */
export function readSecret(
  reference: SecretReference,
  env: Readonly<Record<string, string | undefined>>,
): Result<Secret> {
  if (reference.kind === "env") {
    const value = env[reference.name];
    return value === undefined || value === ""
      ? err(`the environment variable ${reference.name} is not set`)
      : ok(new Secret(value));
  }
  try {
    return ok(new Secret(readFileSync(reference.path, "utf8").trim()));
  } catch {
    return err(`${reference.path} cannot be read`);
  }
}
