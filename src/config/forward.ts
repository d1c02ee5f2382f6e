import { z } from "zod";
import { host } from "./name.ts";
import { fileReference } from "./reference.ts";

/** The forward proxy, for clients that have `HTTPS_PROXY` and nothing else (`forward` in the config file). */
export function forward(folder: string) {
  return z.strictObject({
    /**
     * What is shown inside a CONNECT: a certificate of your internal authority for exactly the connections' hosts, as
     * `sallyport ca issue` makes it. Omitted: `start` makes its own.
     */
    tls: z
      .strictObject({ certificate: fileReference(folder), key: fileReference(folder) })
      .exactOptional(),
    /**
     * Where clients say who they are: `connect` (Proxy-Authorization, always), `inside` (Authorization in the tunnel),
     * or `either`, where those that wait to be asked, as git does, are asked on the CONNECT.
     */
    identity: z.enum(["either", "connect", "inside"]).default("either"),
    /** Hosts, with `:port` unless that is 443, that known callers may reach untouched: recorded, neither read nor masked. */
    tunnels: z.array(tunnel).default([]),
  });
}

const tunnel = z.string().transform((text, context) => {
  const [, name = text, digits = "443"] = /^(.+?)(?::(\d{1,5}))?$/.exec(text) ?? [];
  const parsed = host.safeParse(name);
  const port = Number(digits);
  if (parsed.success && port > 0 && port <= 65_535) return { host: parsed.data, port };
  const message = "must be a host name, or host:port, without scheme or wildcard";
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});
