import type { Clock } from "../base/clock.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Secret } from "../base/secret.ts";
import { privateFile } from "./file.ts";
import { unseal } from "./seal.ts";
import { type CredentialSource, parseStoredValue } from "./source.ts";

/** A credential in a file that is encrypted at rest (`token seal` writes it); otherwise as `fileSource`. */
export function sealedFileSource(
  name: string,
  path: string,
  key: () => Promise<Result<Secret>>,
  clock: Clock,
): CredentialSource {
  const read = privateFile(path, clock, parseStoredValue);
  return {
    secret: async () => {
      const [sealed, sealingKey] = await Promise.all([read(), key()]);
      if (!sealed.ok) return sealed;
      if (!sealingKey.ok) return err(`its sealing key: ${sealingKey.error}`);
      const value = unseal(sealed.value.reveal(), name, sealingKey.value);
      if (!value.ok) return err(`file ${path}: ${value.error}`);
      const parsed = parseStoredValue(value.value.reveal());
      return parsed.ok ? ok(value.value) : err(`file ${path}: ${parsed.error}`);
    },
    close: () => {},
  };
}
