import { z } from "zod";

/** Which credentials a policy may name; absent: that is not checked. */
export interface CredentialNames {
  readonly names?: readonly string[];
  /** Those of them whose source can give less than all that it has. */
  readonly narrowing?: readonly string[];
}

/** What a credential must be limited to. */
export interface Limits {
  /** GitHub App permissions and their levels. */
  readonly permissions?: Readonly<Record<string, "read" | "write" | "admin">>;
  /** Names of repositories, without their owner. */
  readonly repositories?: readonly string[];
}

/** What may stand behind `inject`. */
export function injectParameters({ names, narrowing }: CredentialNames) {
  const level = z.enum(["read", "write", "admin"]);
  const permission = z.string().regex(/^[a-z_]+$/, "must be a permission such as pull_requests");
  const repository = z.string().regex(/^[\w.-]+$/, "must be a repository's name without its owner");
  return z
    .strictObject({
      credential: nameSchema(names).exactOptional(),
      permissions: z.record(permission, level).exactOptional(),
      repositories: z.array(repository).min(1).exactOptional(),
    })
    .refine(
      ({ credential, permissions, repositories }) =>
        (permissions === undefined && repositories === undefined) ||
        credential === undefined ||
        narrowing === undefined ||
        narrowing.includes(credential),
      "only a token of a GitHub App can be limited to permissions and repositories",
    );
}

function nameSchema(names: readonly string[] | undefined) {
  if (names === undefined) return z.string().min(1);
  return names.length === 0 ? z.never("the config names no credential") : z.enum(names);
}
