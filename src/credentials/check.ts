import { err, ok, type Result } from "../base/result.ts";
import { unreachable } from "../base/unreachable.ts";
import type { CredentialConfig, SecretReference, SourceConfig } from "./config.ts";
import { parsePrivateKey } from "./github-app.ts";
import { type CredentialParts, secretAt } from "./reference.ts";
import { parseSealingKey } from "./seal.ts";
import { parseStoredValue } from "./source.ts";

/** A credential that cannot be used as things are, in words that hold no part of it. */
export interface CredentialProblem {
  readonly name: string;
  readonly problem: string;
  /** Nothing can mend it while this process runs. */
  readonly lasting: boolean;
}

/** What this machine holds of each credential, looked at without asking anybody: variables, files and their modes, keys. */
export async function checkCredentials(
  configs: readonly CredentialConfig[],
  parts: CredentialParts,
): Promise<readonly CredentialProblem[]> {
  const found = await Promise.all(
    configs.map(async ({ name, source }): Promise<readonly CredentialProblem[]> => {
      const held = heldHere(source);
      if (held === undefined) return [];
      const read = await secretAt(held.reference, parts, held.parse)();
      return read.ok ? [] : [{ name, problem: read.error, lasting: held.reference.kind === "env" }];
    }),
  );
  return found.flat();
}

interface Held {
  readonly reference: SecretReference;
  readonly parse: (text: string) => Result<string>;
}

function heldHere(source: SourceConfig): Held | undefined {
  switch (source.kind) {
    case "env":
    case "file":
      return { reference: source, parse: parseStoredValue };
    case "sealed":
      return { reference: source.key, parse: parseSealingKey };
    case "vault":
      return { reference: source.token, parse: parseStoredValue };
    case "github-app":
      return { reference: source.key, parse: parsePrivateKey };
    case "copilot-token":
      return undefined;
    default:
      return unreachable(source);
  }
}

/** Every problem that lasts, as one sentence; the others are told to `notice`. */
export function weigh(
  problems: readonly CredentialProblem[],
  notice: (name: string, problem: string) => void,
): Result<void> {
  const sentences = problems.filter(({ lasting }) => lasting);
  for (const { name, problem, lasting } of problems) if (!lasting) notice(name, problem);
  if (sentences.length === 0) return ok(undefined);
  return err(sentences.map(({ name, problem }) => `credential ${name}: ${problem}`).join("; "));
}
