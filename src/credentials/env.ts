import { err, ok, type Result } from "../base/result.ts";
import { Secret } from "../base/secret.ts";
import { type CredentialSource, parseStoredValue } from "./source.ts";

/** A credential in an environment variable, read once; the process sees no later change. */
export function envSource(
  variable: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
  parse: (text: string) => Result<string> = parseStoredValue,
): CredentialSource {
  const text = env[variable];
  const parsed = text === undefined ? err("it is not set") : parse(text);
  const answer = parsed.ok
    ? ok(new Secret(parsed.value))
    : err(`environment variable ${variable}: ${parsed.error}`);
  return { secret: async () => answer, close: () => {} };
}
