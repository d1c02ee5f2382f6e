import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpServer, type ServerResponse } from "node:http";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { readListeners, readStats } from "../../../src/envoy/admin-client.ts";
import { findEnvoy } from "../../../src/envoy/binary.ts";
import { type EnvoyProcess, startEnvoy as startUnwatched } from "../../../src/envoy/process.ts";
import { listenLocally } from "../../support/ports.ts";

let dir: string;
let binary: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "sallyport-process-"));
  const found = await findEnvoy();
  if (!found.ok) throw new Error(found.error);
  binary = found.value.path;
}, 300_000);
afterAll(() => rm(dir, { recursive: true }));

const running = new Set<EnvoyProcess>();
afterEach(async () => {
  // A test that failed half-way must leave no Envoy behind.
  await Promise.all([...running].map((envoy) => envoy.stop()));
  running.clear();
});

async function startEnvoy(...args: Parameters<typeof startUnwatched>) {
  const started = await startUnwatched(...args);
  if (started.ok) running.add(started.value);
  return started;
}

async function bootstrap(name: string, port = 0, upstream?: number): Promise<string> {
  const address = (port_value: number) => ({
    socket_address: { address: "127.0.0.1", port_value },
  });
  const manager = {
    "@type":
      "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    stat_prefix: "test",
    route_config: {
      virtual_hosts: [
        {
          name: "all",
          domains: ["*"],
          routes: [
            {
              match: { prefix: "/" },
              ...(upstream === undefined
                ? { direct_response: { status: 200, body: { inline_string: "hi" } } }
                : { route: { cluster: "upstream" } }),
            },
          ],
        },
      ],
    },
    http_filters: [
      {
        name: "router",
        typed_config: {
          "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
        },
      },
    ],
  };
  const file = join(dir, `${name}.json`);
  await writeFile(
    file,
    JSON.stringify({
      admin: { address: address(0) },
      static_resources: {
        clusters: [
          {
            name: "upstream",
            load_assignment: {
              cluster_name: "upstream",
              endpoints: [{ lb_endpoints: [{ endpoint: { address: address(upstream ?? 1) } }] }],
            },
          },
        ],
        listeners: [
          {
            name: "proxy",
            address: address(port),
            filter_chains: [{ filters: [{ name: "http", typed_config: manager }] }],
          },
        ],
      },
    }),
  );
  return file;
}

test("Envoy starts on free ports, tells where it listens, and stops when told", async () => {
  const bootstrapFile = await bootstrap("good");
  const started = await startEnvoy({ binary, bootstrapFile, dir: join(dir, "a"), concurrency: 1 });
  if (!started.ok) throw new Error(started.error);
  const envoy = started.value;
  const address = (await readListeners(envoy.admin)).get("proxy");
  expect(await (await fetch(`http://${address}/`)).text()).toBe("hi");
  expect((await fetch(`${envoy.adminUrl}/ready`)).status).toBe(200);
  const exit = await envoy.stop(1_000);
  expect(exit).toEqual({ code: 0, signal: null });
  expect(await envoy.exited).toEqual(exit);
  await expect(fetch(`http://${address}/`)).rejects.toThrow();
});

test("a drain waits for what is open, takes nothing new, and does not wait for nothing", async () => {
  const upstream = createHttpServer();
  const port = await listenLocally(upstream);
  const bootstrapFile = await bootstrap("drain", 0, port);
  const started = await startEnvoy({ binary, bootstrapFile, dir: join(dir, "f"), concurrency: 1 });
  if (!started.ok) throw new Error(started.error);
  const envoy = started.value;
  const address = (await readListeners(envoy.admin)).get("proxy");
  const asked = fetch(`http://${address}/`);
  const [, response] = (await once(upstream, "request")) as [unknown, ServerResponse];
  const stopped = envoy.stop(20_000);
  await expect.poll(() => isOpen(String(address))).toBe(false);
  expect(
    (await readStats(envoy.admin, "upstream_rq_active")).get("cluster.upstream.upstream_rq_active"),
  ).toBe(1);
  response.end("late, but whole");
  const began = performance.now();
  const answer = await asked;
  expect([await answer.text(), answer.headers.get("connection")]).toEqual([
    "late, but whole",
    "close",
  ]);
  expect(await stopped).toEqual({ code: 0, signal: null });
  expect(performance.now() - began).toBeLessThan(3_000);
  upstream.close();
});

test("a bootstrap that Envoy does not understand is an error that quotes Envoy", async () => {
  const bootstrapFile = join(dir, "bad.json");
  await writeFile(bootstrapFile, '{ "static_resources": { "listenerz": [] } }');
  const started = await startEnvoy({ binary, bootstrapFile, dir: join(dir, "b") });
  expect(started.ok ? "" : started.error).toMatch(/^Envoy did not start \(1\): .*listenerz/);
});

test("a port in use is an error that names it", async () => {
  const holder = createServer();
  const port = await listenLocally(holder);
  const started = await startEnvoy({
    binary,
    bootstrapFile: await bootstrap("taken", port),
    dir: join(dir, "c"),
  });
  expect(started.ok ? "" : started.error).toMatch(new RegExp(`${port}.*Address already in use`));
  holder.close();
});

test("a binary that is not there is an error, not a crash", async () => {
  const started = await startEnvoy({ binary: "/nowhere", bootstrapFile: "x", dir: join(dir, "d") });
  expect(started.ok ? "" : started.error).toMatch(/cannot be run/);
});

test("neither our environment, where credentials may lie, nor a Ctrl-C meant for us reaches Envoy", async () => {
  const started = await startEnvoy({
    binary,
    bootstrapFile: await bootstrap("env"),
    dir: join(dir, "e"),
    concurrency: 1,
  });
  if (!started.ok) throw new Error(started.error);
  const { pid } = started.value;
  expect(await readFile(`/proc/${pid}/environ`, "utf8")).toBe("");
  // "pid (name) state ppid pgrp …", proc_pid_stat(5)
  expect((await readFile(`/proc/${pid}/stat`, "utf8")).split(") ")[1]?.split(" ")[2]).toBe(
    `${pid}`,
  );
  await started.value.stop();
});

/** Whether a new connection is taken. */
function isOpen(address: string): Promise<boolean> {
  const { hostname, port } = new URL(`http://${address}`);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}
