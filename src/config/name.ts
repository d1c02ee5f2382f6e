import { z } from "zod";

/** The name that a config gives to one of its parts. */
export const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, "must be a name of lower-case letters, digits, . _ and -");

/** A host name or an IP address, in lower case, without a port. */
export const host = z
  .string()
  .transform((text) => text.toLowerCase())
  .refine(
    (text) => isHostName(text) || /^\[[0-9a-f:.]+\]$/.test(text),
    "must be a host name without scheme, port or wildcard",
  );

/** A host as URLs spell it: with a port where that is not the usual one. */
export const upstreamHost = z
  .string()
  .transform((text) => text.toLowerCase())
  .refine((text) => {
    const [, name = "", port = "0"] = /^(.*?)(?::(\d{1,5}))?$/.exec(text) ?? [];
    return (isHostName(name) || /^\[[0-9a-f:.]+\]$/.test(name)) && Number(port) <= 65_535;
  }, "must be a host name, with a port where it is not the usual one");

function isHostName(text: string): boolean {
  const label = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;
  return text.length <= 253 && text.split(".").every((part) => label.test(part));
}
