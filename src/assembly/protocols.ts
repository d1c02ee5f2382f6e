import type { Clock } from "../base/clock.ts";
import type { Config } from "../config/schema.ts";
import type { Connection } from "../core/target.ts";
import type { Credentials } from "../credentials/credentials.ts";
import { filePackSpools } from "../protocols/git/pack/file.ts";
import { createProtocols } from "../protocols/index.ts";
import type { Protocol } from "../protocols/protocol.ts";
import { apiClient } from "../protocols/upstream/client.ts";
import { upstreamContents } from "../protocols/upstream/contents.ts";
import { upstreamLookup } from "../protocols/upstream/lookup.ts";
import { upstreamObjects } from "../protocols/upstream/objects.ts";

/** How long a question to GitHub may take before the request that raised it is judged without an answer. */
const LOOKUP_TIMEOUT_MS = 10_000;

/** How the gateway itself reaches upstreams: with the connection's own credential, as little of it as reading takes. */
export function upstreamAccess({ connections }: Config, credentials: Credentials) {
  return {
    connections,
    authority: ({ name }: Connection) =>
      connections.find((connection) => connection.name === name)?.upstreamCa,
    authorization: async (connection: Connection) => {
      if (connection.credential === undefined) return undefined;
      const header = await credentials.header(connection.credential, connection, {
        access: "read",
      });
      if (!header.ok) throw new Error(header.error);
      return header.value;
    },
  };
}

/** Every protocol, able to ask GitHub (with the connection's own credential) what a request does not tell. */
export function openProtocols(
  config: Config,
  credentials: Credentials,
  spool: string,
  clock: Clock,
): readonly Protocol[] {
  const { connections } = config;
  const call = apiClient({ ...upstreamAccess(config, credentials), timeout: LOOKUP_TIMEOUT_MS });
  return createProtocols({
    lookup: upstreamLookup(call, clock.now),
    objects: upstreamObjects(call, clock.now),
    contents: upstreamContents(call),
    spool: filePackSpools(spool),
    copilotHosts: connections
      .filter(({ kind }) => kind === "copilot")
      .flatMap(({ hosts }) => hosts),
  });
}
