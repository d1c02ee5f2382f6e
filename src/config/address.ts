import { resolve } from "node:path";
import { z } from "zod";

/** Where a part listens: a TCP port of one interface (0: any free port), or a Unix socket. */
export type Address =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

/** Writes an address as the config file does. */
export function formatAddress(address: Address): string {
  if (address.kind === "unix") return `unix:${address.path}`;
  return `${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;
}

const meaning = "must be host:port, with port 0 for any free one";

/** `127.0.0.1:8443`, `[::1]:8443` or `localhost:0`. */
export const tcpAddress = z.string().transform((text, context) => {
  const address = parseTcp(text);
  if (address !== undefined) return address;
  context.addIssue({ code: "custom", message: meaning });
  return z.NEVER;
});

/** The same, or `unix:` and a path, which is relative to `folder`. */
export function address(folder: string) {
  return z.string().transform((text, context): Address => {
    const found = text.startsWith("unix:") ? parseUnix(text, folder) : parseTcp(text);
    if (found !== undefined) return found;
    context.addIssue({ code: "custom", message: `${meaning}, or unix:path` });
    return z.NEVER;
  });
}

/** A host that only this machine can reach. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, "");
  return name === "localhost" || name === "::1" || /^127(\.\d{1,3}){3}$/.test(name);
}

function parseUnix(text: string, folder: string): Address | undefined {
  const path = text.slice("unix:".length);
  return path === "" ? undefined : { kind: "unix", path: resolve(folder, path) };
}

function parseTcp(text: string) {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):([0-9]{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65_535) return undefined;
  return { kind: "tcp" as const, host, port };
}
