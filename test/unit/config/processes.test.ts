import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../../src/config/config.ts";
import { ofProcess, processorAddresses, replicaOf } from "../../../src/config/processes.ts";
import { bootstrap } from "../../../src/envoy/bootstrap.ts";
import { formatProblem } from "../../../src/yaml/problem.ts";
import { sallyport } from "../../support/command.ts";
import { temporaryFolder } from "../../support/folder.ts";

const connection =
  "connections: [ { name: api, kind: github-api, hosts: [api.github.com], upstream: https://api.github.com } ]\n";
const redis = "state: { kind: redis, url: redis://127.0.0.1:6379 }\n";
const log = "audit: { log: { dir: ./log } }\n";

function read(text: string) {
  return parseConfig(text + connection, "sallyport.yaml", "/srv/gate");
}

function config(text: string) {
  const parsed = read(text);
  if (!parsed.ok) throw new Error(parsed.error.map(formatProblem).join("\n"));
  return parsed.value;
}

function problems(text: string): readonly string[] {
  const parsed = read(text);
  return parsed.ok ? [] : parsed.error.map(formatProblem);
}

describe("several processes", () => {
  test("need a state that they can share, and one log: said where they are asked for", () => {
    const [alone] = problems("listen: { processes: 2 }\n");
    expect(alone).toMatch(/^sallyport.yaml:1:\d+: .*state must be \{ kind: redis/);
    const [logless] = problems(`listen: { processes: 2 }\n${redis}`);
    expect(logless).toMatch(/audit\.log must be/);
    expect(problems(`listen: { processes: 2 }\n${redis}${log}`)).toEqual([]);
    expect(problems("listen: { processes: 1 }\n")).toEqual([]);
    expect(problems(`listen: { processes: 0 }\n${redis}${log}`)).not.toEqual([]);
  });

  test("auto is one per core", () => {
    const { listen } = config(`listen: { processes: auto }\n${redis}${log}`);
    expect(listen.processes).toBe(availableParallelism());
  });

  test("have an address each, which is an endpoint each of one cluster in Envoy", () => {
    const sockets = config(`listen: { processes: 3 }\n${redis}${log}`);
    expect(processorAddresses(sockets.listen)).toEqual(
      ["extproc", "extproc-1", "extproc-2"].map((name) => ({
        kind: "unix",
        path: `/srv/gate/run/${name}.sock`,
      })),
    );
    const ports = config(`listen: { processes: 2, extproc: "127.0.0.1:9100" }\n${redis}${log}`);
    expect(processorAddresses(ports.listen).map((one) => "port" in one && one.port)).toEqual([
      9100, 9101,
    ]);
    const pair = { certificate: "/c.pem", key: "/k.pem" };
    const admin = { host: "127.0.0.1", port: 0 };
    const rendered = bootstrap(sockets, { admin, proxy: pair, inner: pair, roots: "/r.pem" });
    const { clusters } = rendered["static_resources"] as unknown as {
      clusters: readonly {
        name: string;
        lb_policy?: string;
        load_assignment: { endpoints: readonly { lb_endpoints: readonly object[] }[] };
      }[];
    };
    const found = clusters.find(({ name }) => name === "sallyport_processor");
    expect(found?.lb_policy).toBe("LEAST_REQUEST");
    expect(found?.load_assignment.endpoints[0]?.lb_endpoints.length).toBe(3);
  });

  test("each listen where they alone do, under names of their own", () => {
    const whole = config(`listen: { processes: 2 }\n${redis}${log}`);
    expect(ofProcess(whole, 0)).toEqual(whole);
    const { listen, ...rest } = ofProcess(whole, 1);
    expect(listen.extproc).toEqual({ kind: "unix", path: "/srv/gate/run/extproc-1.sock" });
    expect(rest).toEqual({
      ...Object.fromEntries(Object.entries(whole).filter(([name]) => name in rest)),
    });
    expect([replicaOf("gate", 0), replicaOf("gate", 1)]).toEqual(["gate", "gate.p1"]);
    expect(replicaOf("g".repeat(64), 63).length).toBeLessThanOrEqual(64);
  });
});

test("options are refused where the config does not fit them, or where they say nothing known", async () => {
  const folder = await temporaryFolder();
  writeFileSync(join(folder.path, "sallyport.yaml"), connection);
  for (const command of ["serve", "start"]) {
    const named = [command, "--config", "sallyport.yaml", "--processes"];
    expect(await sallyport([...named, "2"], { cwd: folder.path })).toMatchObject({
      status: 2,
      err: expect.stringMatching(/^--processes 2: several processes .*redis/),
    });
    expect(await sallyport([...named, "many"], { cwd: folder.path })).toMatchObject({
      status: 2,
      err: expect.stringMatching(/auto, or a number/),
    });
    const over = [command, "--config", "sallyport.yaml", "--transport", "quic"];
    expect(await sallyport(over, { cwd: folder.path })).toMatchObject({
      status: 2,
      err: expect.stringMatching(/grpc-js or http2/),
    });
  }
  await folder.remove();
});
