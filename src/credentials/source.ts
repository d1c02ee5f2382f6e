import type { Result } from "../base/result.ts";
import type { Secret } from "../base/secret.ts";

/** What a credential is wanted for. */
export interface CredentialNeed {
  /** Names of repositories, without their owner, that it must reach; a source that can narrow to them does. */
  readonly repositories?: readonly string[];
  /** Nothing will be written with it; a source that can give less for that does. */
  readonly access?: "read";
  /** What a rule limits it to: a source that cannot narrow to that gives nothing. */
  readonly limits?: CredentialLimits;
}

/** What a credential must not exceed. */
export interface CredentialLimits {
  /** GitHub App permissions and their levels. */
  readonly permissions?: Readonly<Record<string, string>>;
  readonly repositories?: readonly string[];
}

/** Where one stored credential comes from. */
export interface CredentialSource {
  /** The value to send now, or why there is none, in words that hold no part of any value. */
  secret(need: CredentialNeed): Promise<Result<Secret>>;
  /** Present where it can give less than all that it has. */
  readonly narrows?: true;
  /** Stops whatever watches or renews. */
  close(): void;
}

/** A stored value fit for a header: printable ASCII without spaces, one trailing line break forgiven. */
export function parseStoredValue(text: string): Result<string> {
  const value = text.replace(/\r?\n$/, "");
  if (value === "") return { ok: false, error: "it is empty" };
  if (value.length > 8192) return { ok: false, error: "it is longer than 8192 characters" };
  if (!/^[\x21-\x7e]+$/.test(value))
    return { ok: false, error: "it holds characters that no header may carry" };
  return { ok: true, value };
}
