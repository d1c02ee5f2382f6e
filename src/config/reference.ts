import { resolve } from "node:path";
import { z } from "zod";

/** Where a secret is kept. The secret itself is never part of a config. */
export type SecretReference =
  | { readonly kind: "env"; readonly name: string }
  | { readonly kind: "file"; readonly path: string };

/** The name of an environment variable. */
export const variable = z
  .string()
  .regex(
    /^(?!gh[a-z]_|github_pat_)[A-Za-z_][A-Za-z0-9_]*$/,
    "must be the name of an environment variable, never the secret itself",
  );

/** `env:NAME` or `file:PATH`, the path relative to `folder`. */
export function secretReference(folder: string) {
  return z.string().transform((text, context): SecretReference => {
    const [, kind, rest = ""] = /^(env|file):(.+)$/s.exec(text) ?? [];
    if (kind === "env" && variable.safeParse(rest).success) return { kind: "env", name: rest };
    if (kind === "file") return { kind: "file", path: resolve(folder, rest) };
    context.addIssue({
      code: "custom",
      message: "must be a reference, env:NAME or file:PATH, never the secret itself",
    });
    return z.NEVER;
  });
}

/** `file:PATH`, read as the absolute path: certificates and keys, which programs open themselves. */
export function fileReference(folder: string) {
  return z
    .string()
    .regex(/^file:.+$/s, "must be file: and a path")
    .transform((text) => resolve(folder, text.slice("file:".length)));
}

/** A path, relative to `folder`, read as an absolute one. */
export function path(folder: string) {
  return z
    .string()
    .min(1, "must be a path")
    .transform((text) => resolve(folder, text));
}
