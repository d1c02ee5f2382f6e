import { err, ok, type Result } from "../base/result.ts";
import type { CredentialNeed } from "./source.ts";

/** What an installation token may do: a permission's name and level. */
export type Permissions = Readonly<Record<string, string>>;

/** What one installation token is limited to; absent: all that the installation has. */
export interface AppScope {
  readonly permissions?: Permissions | undefined;
  readonly repositories?: readonly string[] | undefined;
}

const levels = ["read", "write", "admin"];

/**
 * The scope of the token for that need: what a rule limits it to, else what the request touches, else what is configured.
 * An error where that exceeds what is configured, or what is touched exceeds the limits.
 */
export function scopeFor(configured: AppScope, need: CredentialNeed): Result<AppScope> {
  const { limits = {} } = need;
  const permissions = limits.permissions ?? most(configured.permissions, need.access);
  const repositories = limits.repositories ?? need.repositories ?? configured.repositories;
  if (!reaches(limits.repositories, need.repositories))
    return err("the request touches a repository that the rule does not give it");
  if (!permits(configured.permissions, permissions))
    return err("more permissions are asked for than the config gives it");
  if (!reaches(configured.repositories, repositories))
    return err("a repository is asked for that the config does not give it");
  return ok({
    ...(permissions === undefined ? {} : { permissions: sorted(permissions) }),
    ...(repositories === undefined ? {} : { repositories: [...new Set(repositories)].sort() }),
  });
}

/** All that is configured, or of all of it only to read. */
function most(
  configured: Permissions | undefined,
  access: "read" | undefined,
): Permissions | undefined {
  if (configured === undefined || access === undefined) return configured;
  return Object.fromEntries(Object.keys(configured).map((name) => [name, access]));
}

function permits(outer: Permissions | undefined, inner: Permissions | undefined): boolean {
  if (outer === undefined) return true;
  return Object.entries(inner ?? {}).every(([name, level]) => {
    const most = Object.hasOwn(outer, name) ? levels.indexOf(outer[name] ?? "") : -1;
    return levels.includes(level) && levels.indexOf(level) <= most;
  });
}

function reaches(
  outer: readonly string[] | undefined,
  inner: readonly string[] | undefined,
): boolean {
  const names = new Set(outer?.map((name) => name.toLowerCase()));
  return outer === undefined || (inner ?? []).every((name) => names.has(name.toLowerCase()));
}

function sorted(permissions: Permissions): Permissions {
  return Object.fromEntries(Object.entries(permissions).sort(([a], [b]) => (a < b ? -1 : 1)));
}
