import { request } from "node:http";

/** How to reach Envoy's admin interface, as Envoy writes it to `--admin-address-path`: `127.0.0.1:9901`, or a socket's path. */
export type AdminAddress = string;

/** Asks Envoy's admin interface; rejects when it cannot be reached within `timeout` milliseconds. */
export function askAdmin(
  address: AdminAddress,
  method: "GET" | "POST",
  path: string,
  timeout = 2_000,
): Promise<{ readonly status: number; readonly body: string }> {
  const colon = address.lastIndexOf(":");
  const place = address.startsWith("/")
    ? { socketPath: address }
    : { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
  return new Promise((resolve, reject) => {
    const asked = request(
      { ...place, method, path, agent: false, signal: AbortSignal.timeout(timeout) },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("error", reject);
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("end", () =>
          resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }),
        );
      },
    );
    asked.on("error", reject);
    asked.end();
  });
}

/** Envoy's counters and gauges whose name the regular expression (RE2) fits. */
export async function readStats(
  address: AdminAddress,
  filter: string,
): Promise<ReadonlyMap<string, number>> {
  const { body } = await askAdmin(address, "GET", `/stats?filter=${encodeURIComponent(filter)}`);
  return new Map(
    body.split("\n").flatMap((line) => {
      const [, name, value] = /^(.+): (\d+)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, Number(value)] as const];
    }),
  );
}

/** Where each listener really listens (`host:port`), by its name: ports that were asked for as 0 included. */
export async function readListeners(address: AdminAddress): Promise<ReadonlyMap<string, string>> {
  const { body } = await askAdmin(address, "GET", "/listeners?format=json");
  const { listener_statuses: statuses = [] } = JSON.parse(body) as {
    listener_statuses?: readonly {
      name: string;
      local_address: { socket_address?: { address: string; port_value: number } };
    }[];
  };
  return new Map(
    statuses.flatMap(({ name, local_address: { socket_address: socket } }) =>
      socket === undefined ? [] : [[name, `${socket.address}:${socket.port_value}`] as const],
    ),
  );
}
