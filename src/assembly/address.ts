import type { Address } from "../config/address.ts";

/** Reads back where a server says that it listens: `unix:<path>`, `host:port`, or an http URL. */
export function addressOf(listening: string): Address {
  if (listening.startsWith("unix:")) return { kind: "unix", path: listening.slice("unix:".length) };
  const text = listening.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
  const at = text.lastIndexOf(":");
  return { kind: "tcp", host: text.slice(0, at), port: Number(text.slice(at + 1)) };
}
