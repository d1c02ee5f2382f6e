import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { findEnvoy } from "../../../src/envoy/binary.ts";
import { run, start } from "../../support/clients.ts";
import { type Folder, temporaryFolder } from "../../support/folder.ts";
import { freePort } from "../../support/ports.ts";

/**
 * The image without Docker: the Dockerfile's own steps in a folder, and what they made on a read-only root, as nobody, with
 * no rights and nothing of this machine but its C library. `setup --test` brings the tools.
 */
const root = join(import.meta.dirname, "..", "..", "..");
const cache = (path: string): string => join(root, ".cache", path);
const dockerfile = readFileSync(join(root, "deploy", "Dockerfile"), "utf8");

let folder: Folder;
let app: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  app = join(folder.path, "app");
  mkdirSync(app);
  // `npm ci` is what made this project's node_modules: linked, not copied, and then pruned as the Dockerfile says.
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths = ""]) =>
    paths.split(" "),
  );
  const steps = [
    `cp -al "${root}/node_modules" node_modules`,
    ...copied.map((path) => `mkdir -p "$(dirname ${path})" && cp -r "${root}/${path}" ${path}`),
    dockerfile.match(/^RUN (node deploy\/build\.ts && npm prune .+)$/m)?.[1] ?? "false",
  ];
  const built = await run("/bin/sh", ["-euc", steps.join("\n")], { cwd: app });
  if (built.code !== 0) throw new Error(`${built.stdout}${built.stderr}`);
}, 240_000);
afterAll(() => folder?.remove());

test("hadolint has nothing to say of the Dockerfile", async () => {
  const checked = await run(cache("hadolint-2.15.1/bin/hadolint"), ["deploy/Dockerfile"], {
    cwd: root,
  });
  expect(checked).toMatchObject({ code: 0, stdout: "" });
});

describe("the compose file, read by what Docker Compose reads it with", () => {
  const compose = (file: string) =>
    run(cache("compose-go-2.16.2/compose"), [file, "demo"], { cwd: root });

  test("is one, and every service is as closed as it says", async () => {
    const read = await compose(join(root, "docker-compose.yml"));
    expect(read.code, read.stderr).toBe(0);
    const { services } = JSON.parse(read.stdout) as { readonly services: Record<string, Service> };
    expect(Object.keys(services)).toHaveLength(7);
    for (const [name, one] of Object.entries(services)) {
      const closed = [one.read_only, one.cap_drop, one.security_opt];
      expect([name, ...closed]).toEqual([name, true, ["ALL"], ["no-new-privileges:true"]]);
      for (const on of Object.keys(one.depends_on ?? {})) expect(services).toHaveProperty(on);
    }
  });

  test("a word that is misspelt is found", async () => {
    const text = readFileSync(join(root, "docker-compose.yml"), "utf8");
    writeFileSync(join(folder.path, "bad.yml"), text.replace("read_only", "readonly"));
    expect((await compose(join(folder.path, "bad.yml"))).stderr).toContain("readonly");
  });

  test("Envoy's health check tells a living Envoy from none", async () => {
    const { services } = parse(readFileSync(join(root, "docker-compose.yml"), "utf8"), {
      merge: true,
    });
    const [, ...command] = services.envoy.healthcheck.test as readonly string[];
    writeFileSync(join(folder.path, "health.sh"), String(command[2]));
    const envoy = await findEnvoy();
    if (!envoy.ok) throw new Error(envoy.error);
    const bootstrap =
      "admin: { address: { socket_address: { address: 127.0.0.1, port_value: 9901 } } }";
    const script = `ip link set lo up
      /bin/bash health.sh 2>/dev/null && exit 3
      "${envoy.value.path}" --config-yaml '${bootstrap}' --log-level off & pid=$!
      until /bin/bash health.sh 2>/dev/null; do kill -0 $pid || exit 4; sleep 0.1; done
      kill $pid; wait $pid`;
    const ended = await run("unshare", ["-rn", "/bin/bash", "-c", script], { cwd: folder.path });
    expect(ended.code, ended.stderr).toBe(0);
  });
});

test("Redis takes compose's and the chart's words, writes before it answers, and is healthy", async () => {
  const { services } = parse(readFileSync(join(root, "docker-compose.yml"), "utf8"), {
    merge: true,
  });
  const [program, ...args] = services.redis.command as readonly string[];
  const chart = readFileSync(join(root, "deploy/helm/templates/redis.yaml"), "utf8");
  expect(parse(/args: (\[.+\])/.exec(chart)?.[1] ?? "[]")).toEqual([program, ...args]);
  const port = String(await freePort());
  const [, ...health] = services.redis.healthcheck.test as readonly string[];
  const script = `"$@" --port ${port} --dir . --loglevel warning & pid=$!
    until [ "$(${health.join(" ").replace("redis-cli", `redis-cli -p ${port}`)} 2>/dev/null)" = PONG ]; do kill -0 $pid || exit 4; sleep 0.1; done
    redis-cli -p ${port} config get 'append*'
    kill $pid; wait $pid`;
  const ended = await run("/bin/bash", ["-c", script, "redis", program ?? "", ...args], {
    cwd: folder.path,
  });
  expect(ended.code, ended.stderr).toBe(0);
  expect(ended.stdout).toMatch(/appendfsync\nalways/);
  expect(ended.stdout).toMatch(/appendonly\nyes/);
});

interface Service {
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
  readonly depends_on?: object;
}

describe("the bill of materials", () => {
  interface Component {
    readonly name: string;
    readonly group?: string;
    readonly version: string;
    readonly purl?: string;
    readonly components?: readonly Component[];
  }
  const flat = (all: readonly Component[] = []): readonly Component[] =>
    all.flatMap((one) => [one, ...flat(one.components)]);

  test("is CycloneDX, names Envoy and Node, and exactly the packages that the image has", async () => {
    const file = join(folder.path, "sbom.cdx.json");
    const made = await run(process.execPath, [join(root, "deploy/sbom.ts"), file], { cwd: root });
    expect(made.code, made.stderr).toBe(0);
    const text = readFileSync(file, "utf8");
    const validator = new (library().Validation.JsonStrictValidator)("1.6");
    expect(await validator.validate(text)).toBeNull();
    expect(await validator.validate(text.replace('"purl"', '"pearl"'))).not.toBeNull();
    const components = flat(JSON.parse(text).components);
    const envoy = readFileSync(join(root, ".envoy-version"), "utf8").trim();
    expect(components.map(({ purl }) => purl)).toContain(`pkg:github/envoyproxy/envoy@v${envoy}`);
    const told = components.filter(({ purl }) => purl?.startsWith("pkg:npm/"));
    const shipped = Object.entries(lock().packages)
      .filter(([path]) => path !== "" && existsSync(join(app, path, "package.json")))
      .map(([path, { version }]) => `${path.split("node_modules/").at(-1)}@${version}`);
    const names = told.map(({ group, name, version }) =>
      group === undefined ? `${name}@${version}` : `${group}/${name}@${version}`,
    );
    expect([...new Set(names)].sort()).toEqual([...new Set(shipped)].sort());
  }, 120_000);

  interface Library {
    readonly Validation: {
      readonly JsonStrictValidator: new (
        version: string,
      ) => { validate(text: string): Promise<unknown> };
    };
  }
  const library = (): Library =>
    createRequire(cache("cyclonedx-npm-6.0.1/node_modules/x"))(
      "@cyclonedx/cyclonedx-library",
    ) as Library;
  const lock = (): { readonly packages: Record<string, { readonly version: string }> } =>
    JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
});

// Only root may lay a root of its own; CI is.
test.skipIf(process.getuid?.() !== 0)(
  "it serves on a read-only root, as uid 1000 without any right, and is healthy",
  async () => {
    const port = await freePort();
    const free = "127.0.0.1:0";
    const api = { name: "api", kind: "github-api", hosts: ["api.github.com"] };
    const config = {
      listen: {
        proxy: free,
        forward: free,
        metrics: free,
        api: `127.0.0.1:${port}`,
        extproc: "unix:/run/sallyport/extproc.sock",
      },
      state: { kind: "embedded", dir: "/data" },
      audit: { dir: "/data/audit" },
      recording: { dir: "/data/recordings" },
      connections: [{ ...api, upstream: "https://api.github.com" }],
    };
    const etc = join(folder.path, "etc");
    mkdirSync(etc);
    writeFileSync(join(etc, "sallyport.yaml"), stringify(config));
    writeFileSync(
      join(etc, "policy.yaml"),
      "rules:\n  - include: preset:read-only\notherwise: [{ deny: {} }]\n",
    );
    const serving = start("unshare", ["-m", "/bin/bash", "-euc", inImage(command("CMD"))], {
      cwd: folder.path,
    });
    let over = false;
    try {
      void serving.ended.then(() => {
        over = true;
      });
      await expect
        .poll(() => over || serving.output().includes('"msg":"serving"'), { timeout: 60_000 })
        .toBe(true);
      expect(serving.output()).toContain('"msg":"serving"');
      expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
      expect(serving.output()).toMatch(/^uid=1000 .*NoNewPrivs:\s1 CapEff:\s0{16} read-only/m);
    } finally {
      if (serving.child.pid !== undefined && !over) process.kill(-serving.child.pid, "SIGTERM");
    }
    expect((await serving.ended).code, serving.output()).toBe(0);
  },
  120_000,
);

function command(name: string): string {
  return (
    JSON.parse(new RegExp(`^${name} (\\[.+\\])$`, "m").exec(dockerfile)?.[1] ?? "[]") as string[]
  ).join(" ");
}

/** A shell's words for: a root of the image's folders, read-only but for what compose mounts; then that command in it. */
function inImage(args: string): string {
  const image = join(folder.path, "image");
  mkdirSync(image, { recursive: true });
  const node = join(root, "node_modules/node/bin/node");
  return `mount --make-rprivate /
mount -t tmpfs image ${image}; cd ${image}
mkdir -p usr etc/sallyport app data run/sallyport tmp proc dev node
for one in bin lib lib64; do ln -s usr/$one $one; done
mount --rbind -o ro /usr usr; mount --rbind ${app} app; mount --bind ${folder.path}/etc etc/sallyport
for one in app etc/sallyport; do mount -o remount,bind,ro $one; done
mount --bind "$(dirname ${node})" node; mount -o remount,bind,ro node
mount --rbind /dev dev; mount -t proc proc proc
for one in data run/sallyport tmp; do mount -t tmpfs -o uid=1000,gid=1000,mode=700 own $one; done
mount -o remount,ro,bind .
exec chroot . /usr/bin/setpriv --reuid=1000 --regid=1000 --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs \\
  /bin/sh -c 'export PATH=/node:/usr/bin NODE_ENV=production HOME=/tmp; cd /app
    echo "$(id) $(grep NoNewPrivs /proc/self/status) $(grep CapEff /proc/self/status) $(touch /x 2>/dev/null || echo read-only)"
    exec bin/sallyport ${args}'`;
}
