import type { Clock } from "../base/clock.ts";
import type { Result } from "../base/result.ts";
import type { Secret } from "../base/secret.ts";
import type { SecretReference } from "./config.ts";
import { envSource } from "./env.ts";
import { privateFile } from "./file.ts";

/** What references are read against. */
export interface CredentialParts {
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Reads what a reference points to, anew on each call. */
export function secretAt(
  reference: SecretReference,
  { env, clock }: CredentialParts,
  parse: (text: string) => Result<string>,
): () => Promise<Result<Secret>> {
  if (reference.kind === "file") return privateFile(reference.path, clock, parse);
  const source = envSource(reference.name, env, parse);
  return () => source.secret({});
}
