import { ok, type Result } from "../base/result.ts";
import type { Config } from "../config/schema.ts";
import { checkCredentials, weigh } from "../credentials/check.ts";
import { type Credentials, createCredentials } from "../credentials/credentials.ts";
import type { CredentialParts } from "../credentials/reference.ts";

/**
 * The stored credentials. One whose environment variable is not set can never be had, and is an error; a file may still
 * come, and is a fault that is told.
 */
export async function openCredentials(
  { credentials, connections }: Config,
  parts: CredentialParts,
  fault: (where: string, error: unknown) => void,
): Promise<Result<Credentials>> {
  const problems = await checkCredentials(credentials, parts);
  const weighed = weigh(problems, (name, problem) =>
    fault(`credential ${name}`, new Error(problem)),
  );
  return weighed.ok ? ok(createCredentials(credentials, connections, parts)) : weighed;
}
