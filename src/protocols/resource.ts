import type { Connection, Target } from "../core/target.ts";

/** The owner of whatever the stored credential belongs to: `POST /user/repos` names nobody else. */
export const ownAccount = "~";
/** Stands where a repository is named only by an opaque id that could not be resolved. No owner can be called so. */
export const unknownOwner = "-";

const ofGithub = /^((api|uploads|gist)\.)?github\.com$|\.githubcopilot\.com$/;

/** The brand host that resources begin with: `github.com` for api.github.com, `acme.ghe.com` for api.acme.ghe.com. */
export function brandHost(target: Target): string {
  return brandOf(target.connection);
}

/** The same, of a connection. */
export function brandOf(connection: Connection): string {
  const hosts = connection.hosts.map((host) => host.toLowerCase());
  if (hosts.some((host) => ofGithub.test(host))) return "github.com";
  const host = hosts[0] ?? connection.upstream.host.toLowerCase();
  return host.endsWith(".ghe.com") ? host.replace(/^(api|uploads|copilot-api)\./, "") : host;
}

/** The resource of a model or MCP connection: its first host. */
export function connectionHost(target: Target): string {
  return (target.connection.hosts[0] ?? target.connection.upstream.host).toLowerCase();
}

/** `github.com/acme/app`: GitHub compares owner and name without case, and so do we. */
export function repositoryResource(host: string, owner: string, repository: string): string {
  return `${host}/${owner.toLowerCase()}/${repository.toLowerCase().replace(/\.git$/, "")}`;
}

/** `github.com/acme`: an organisation or a user. */
export function ownerResource(host: string, owner: string): string {
  return `${host}/${owner.toLowerCase()}`;
}

/** Whether a name may stand in a resource: what GitHub allows, so that it can carry no slash and no wildcard. */
export function isName(text: string): boolean {
  return /^[A-Za-z0-9._-]{1,100}$/.test(text) && text !== "." && text !== "..";
}
