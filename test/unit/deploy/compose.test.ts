import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { run } from "../../support/clients.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

interface Service {
  readonly image?: string;
  readonly build?: { readonly dockerfile: string; readonly target: string };
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly network_mode?: string;
}
const compose = parse(read("docker-compose.yml"), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const services = Object.entries(compose.services);
const dockerfile = read("deploy/Dockerfile");
const manifest = JSON.parse(read("package.json")) as {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
};
const envoyVersion = read(".envoy-version").trim();

/** The Dockerfile's stages, and what each `COPY` takes from the project. */
const stages = [...dockerfile.matchAll(/^FROM \S+ AS (\S+)$/gm)].map(([, name]) => name);
const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths = ""]) =>
  paths.split(" "),
);

describe("versions agree", () => {
  test.each([
    ["Envoy in compose", compose.services["envoy"]?.image, `envoyproxy/envoy:v${envoyVersion}`],
    ["Envoy in the image", /^ARG ENVOY_VERSION=(.+)$/m.exec(dockerfile)?.[1], envoyVersion],
    ["Node", /^ARG NODE_VERSION=(.+)$/m.exec(dockerfile)?.[1], manifest.dependencies["node"]],
    ["Sallyport", compose.services["sallyport"]?.image, `sallyport:${manifest.version}`],
    ["the demo", compose.services["demo"]?.image, `sallyport-demo:${manifest.version}`],
  ])("%s", (_name, stated, wanted) => expect(stated).toBe(wanted));

  test("no image floats", () => {
    for (const [, { image = "" }] of services) expect(image).toMatch(/:v?\d+\.\d+/);
  });
});

describe("everything that is named exists", () => {
  test("files that are mounted, volumes, services that are waited for", () => {
    for (const [, service] of services) {
      for (const volume of service.volumes ?? []) {
        const [source = ""] = volume.split(":");
        if (source.startsWith("./")) expect(existsSync(join(root, source)), source).toBe(true);
        else expect(Object.keys(compose.volumes)).toContain(source);
      }
      for (const name of Object.keys(service.depends_on ?? {}))
        expect(Object.keys(compose.services)).toContain(name);
    }
  });

  test("what the image is built from, and none of it is left out of the context", () => {
    const sent = read(".dockerignore")
      .split("\n")
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1));
    expect(copied.length).toBeGreaterThan(8);
    for (const path of copied) {
      expect(existsSync(join(root, path)), path).toBe(true);
      expect(sent).toContain(path);
    }
    for (const [, { build }] of services) {
      if (build === undefined) continue;
      expect(existsSync(join(root, build.dockerfile))).toBe(true);
      expect(stages).toContain(build.target);
    }
  });

  test("the collector's parts, and where it sends", () => {
    const { service, ...parts } = parse(read("deploy/collector.yaml")) as Record<
      string,
      Record<string, Record<string, Record<string, unknown>>>
    >;
    for (const pipeline of Object.values(service?.["pipelines"] ?? {}))
      for (const [kind, names] of Object.entries(
        pipeline as unknown as Record<string, readonly string[]>,
      ))
        for (const name of names) expect(Object.keys(parts[kind] ?? {})).toContain(name);
    const [host] = String(parts["exporters"]?.["otlphttp/jaeger"]?.["endpoint"])
      .replace("http://", "")
      .split(":");
    expect(Object.keys(compose.services)).toContain(host);
  });
});

const otelcol = join(root, ".cache", "otelcol-0.160.0", "otelcol");
test.skipIf(!existsSync(otelcol) && process.env["CI"] !== "true")(
  "the real Collector takes its configuration",
  async () => {
    const args = ["validate", "--config", join(root, "deploy", "collector.yaml")];
    const checked = await run(otelcol, args, { cwd: root });
    expect(checked.code, checked.stderr).toBe(0);
  },
);

test("the bake file builds the stages that there are, for two architectures", () => {
  const bake = read("docker-bake.hcl");
  const built = [...bake.matchAll(/^ {2}target +(?:= )"(\w+)"$/gm)].map(([, name]) => name);
  expect(built).toEqual(["sallyport", "demo"]);
  for (const name of built) expect(stages).toContain(name);
  expect(bake).toContain(`variable "VERSION" { default = "${manifest.version}" }`);
  expect(bake).toContain('"linux/amd64", "linux/arm64"');
});

describe("nothing is more open than it must be", () => {
  test.each(services)("%s: nothing to write but its volumes, no capabilities", (_, service) => {
    expect([service.read_only, service.cap_drop]).toEqual([true, ["ALL"]]);
  });

  test("ports are published on loopback alone, and Envoy's admin interface not at all", () => {
    const ports = services.flatMap(([, service]) => service.ports ?? []);
    expect(ports.length).toBeGreaterThan(3);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    expect(ports.join()).not.toContain("9901");
  });

  test("no secret is written down: each comes from the caller's environment", () => {
    for (const [, { environment = {} }] of services)
      for (const [name, value] of Object.entries(environment)) expect(value).toBe(`\${${name}:-}`);
  });

  test("the images run as somebody without rights", () => {
    const users = [...dockerfile.matchAll(/^USER (\S+)$/gm)].map(([, user]) => user);
    expect(users.at(0)).toBe("1000:1000");
    expect(users.at(-1)).toBe("1000:1000");
  });
});
