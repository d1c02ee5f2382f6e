import { fault } from "./step.ts";

/** How a client of this machine would reach the gateway, as far as options and environment say. */
export interface Setup {
  /** The reverse proxy. */
  readonly gateway?: URL | undefined;
  /** The forward proxy, its credentials included. */
  readonly forward?: URL | undefined;
  /** PEM file of the authority. */
  readonly ca?: string | undefined;
  readonly token?: string | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Asked {
  readonly gateway?: string | undefined;
  readonly forward?: string | undefined;
  readonly ca?: string | undefined;
  readonly token?: string | undefined;
}

/** Reads the setup: options first, else the variables that clients read. */
export function readSetup(asked: Asked, env: Environment): Setup {
  const host = env["GH_HOST"];
  const gateway = asked.gateway ?? env["SALLYPORT_GATEWAY"] ?? (host && `https://${host}`);
  const forward = asked.forward ?? env["HTTPS_PROXY"] ?? env["https_proxy"];
  if (!gateway && !forward)
    fault("No gateway is named: set GH_HOST or HTTPS_PROXY, or use --gateway or --forward.");
  return {
    gateway: gateway ? urlOf(gateway, "https:", "The gateway's address") : undefined,
    forward: forward ? urlOf(forward, "http:", "HTTPS_PROXY") : undefined,
    ca: asked.ca ?? authorityVariables.map((name) => env[name]).find(Boolean),
    token: asked.token ?? tokenVariables.map((name) => env[name]).find(Boolean),
  };
}

/** By which each kind of program finds authorities. */
export const authorityVariables = [
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "GIT_SSL_CAINFO",
  "CURL_CA_BUNDLE",
  "REQUESTS_CA_BUNDLE",
] as const;

const tokenVariables = ["SALLYPORT_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"];

function urlOf(text: string, scheme: string, what: string): URL {
  if (!URL.canParse(text)) fault(`${what} is not a URL.`);
  const url = new URL(text);
  if (url.protocol !== scheme) fault(`${what} must begin with ${scheme}//.`);
  return url;
}

/** Whether NO_PROXY keeps that host away from the proxy. */
export function bypasses(env: Environment, host: string): boolean {
  const list = (env["NO_PROXY"] ?? env["no_proxy"] ?? "").split(",").map((entry) => entry.trim());
  return list.some((entry) => {
    const name = entry.replace(/^\*?\./, "");
    return entry === "*" || (name !== "" && (host === name || host.endsWith(`.${name}`)));
  });
}
