import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { ServiceMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1";
import { StatefulSet } from "kubernetes-models/apps/v1";
import { HorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1";
import { ConfigMap, Secret, Service, ServiceAccount } from "kubernetes-models/v1";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, parseAllDocuments, stringify } from "yaml";
import { makeAuthority, writeLeaf } from "../../../src/envoy/authority-file.ts";
import { findEnvoy } from "../../../src/envoy/binary.ts";
import { run } from "../../support/clients.ts";
import { type Folder, temporaryFolder } from "../../support/folder.ts";

/** The chart, by the real helm; what it renders, by Kubernetes' own schemas and types; what is in it, by ourselves. */
const root = join(import.meta.dirname, "..", "..", "..");
const chart = join(root, "deploy", "helm");
// `setup --test` builds it with Go from its own module.
const helm = join(root, ".cache", "helm-3.19.2", "helm");
const examples = readdirSync(join(chart, "examples")).map((name) => basename(name, ".yaml"));

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: Record<string, unknown>;
}
const models = {
  ConfigMap: [ConfigMap, "kubernetes-models/v1"],
  HorizontalPodAutoscaler: [HorizontalPodAutoscaler, "kubernetes-models/autoscaling/v2"],
  NetworkPolicy: [NetworkPolicy, "kubernetes-models/networking.k8s.io/v1"],
  PodDisruptionBudget: [PodDisruptionBudget, "kubernetes-models/policy/v1"],
  Secret: [Secret, "kubernetes-models/v1"],
  Service: [Service, "kubernetes-models/v1"],
  ServiceAccount: [ServiceAccount, "kubernetes-models/v1"],
  ServiceMonitor: [
    ServiceMonitor,
    "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1",
  ],
  StatefulSet: [StatefulSet, "kubernetes-models/apps/v1"],
} as const;

let folder: Folder;
const rendered = new Map<string, readonly Manifest[]>();

beforeAll(async () => {
  if (!existsSync(helm)) throw new Error("there is no helm: run ./setup --test, which needs Go");
  folder = await temporaryFolder();
  for (const name of examples) {
    const ended = await template("-f", join(chart, "examples", `${name}.yaml`));
    if (ended.code !== 0) throw new Error(`${name}: ${ended.stderr}`);
    const documents = parseAllDocuments(ended.stdout).map((one) => one.toJS() as Manifest | null);
    rendered.set(
      name,
      documents.filter((one) => one !== null),
    );
  }
}, 120_000);
afterAll(() => folder?.remove());

const template = (...args: readonly string[]) =>
  run(helm, ["template", "gw", chart, "--kube-version", "1.34.0", ...args], { cwd: root });
const of = (name: string, kind: string): readonly Manifest[] =>
  (rendered.get(name) ?? []).filter((one) => one.kind === kind);

describe.each(examples)("%s", (name) => {
  test("is what Kubernetes' schemas demand", () => {
    const manifests = rendered.get(name) ?? [];
    expect(manifests.length).toBeGreaterThan(5);
    for (const manifest of manifests) {
      const [model] = models[manifest.kind as keyof typeof models] ?? [];
      if (model === undefined) throw new Error(`nobody checks ${manifest.kind}`);
      new (model as new (data: unknown) => { validate(): void })(manifest).validate();
    }
  });

  test("holds a config and a policy that sallyport takes, and, with Envoy in the pod, a bootstrap that Envoy takes", async () => {
    const [data] = of(name, "ConfigMap").flatMap(({ data: one }) =>
      one === undefined ? [] : [one],
    );
    const dir = join(folder.path, name);
    const here = (text: string): string =>
      text
        .replaceAll("/etc/sallyport/", `${dir}/`)
        .replaceAll(/(?<![\w/])\/(data|run\/sallyport)\b/g, `${dir}/$1`);
    for (const sub of ["policy", "tls", "forward-tls"])
      mkdirSync(join(dir, sub), { recursive: true });
    writeFileSync(join(dir, "sallyport.yaml"), here(data?.["sallyport.yaml"] ?? ""));
    writeFileSync(join(dir, "policy", "policy.yaml"), data?.["policy.yaml"] ?? "");
    const sallyport = (...args: readonly string[]) =>
      run(
        process.execPath,
        [join(root, "src/main.ts"), ...args, "--config", join(dir, "sallyport.yaml")],
        { cwd: dir },
      );
    const valid = await sallyport("validate");
    expect(valid.code, valid.stdout + valid.stderr).toBe(0);
    if (name === "external-envoy") return;
    const authority = makeAuthority(dir, "Test CA");
    for (const sub of ["tls", "forward-tls"])
      writeLeaf(join(dir, sub), "tls", authority.issue(["gateway.example"]), authority);
    const bootstrap = await sallyport("envoy-config");
    const text = bootstrap.stdout.replaceAll("/tls.crt", "/tls.pem");
    writeFileSync(join(dir, "envoy.yaml"), text);
    const envoy = await findEnvoy();
    if (!envoy.ok) throw new Error(envoy.error);
    const checked = await run(
      envoy.value.path,
      ["--mode", "validate", "-c", join(dir, "envoy.yaml")],
      { cwd: dir },
    );
    expect(checked.code, checked.stderr).toBe(0);
  }, 60_000);

  test("runs nothing as root or with rights, and writes to volumes alone", () => {
    for (const { spec } of of(name, "StatefulSet")) {
      const pod = (spec as { template: { spec: Pod } }).template.spec;
      expect(pod.securityContext.runAsNonRoot).toBe(true);
      for (const { securityContext } of [...(pod.initContainers ?? []), ...pod.containers])
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
    }
  });
});

interface Pod {
  readonly securityContext: { readonly runAsNonRoot: boolean };
  readonly initContainers?: readonly { readonly securityContext: object }[];
  readonly containers: readonly { readonly name: string; readonly securityContext: object }[];
}

test("no field is misspelt: TypeScript knows each of them", async () => {
  const all = [...rendered].flatMap(([name, manifests]) =>
    manifests.map((one) => [name, one] as const),
  );
  const lines = all.map(([, { kind, ...rest }], index) => {
    const [, from] = models[kind as keyof typeof models];
    const data = JSON.stringify({ kind, ...rest });
    return `const m${index}: import("${from}").I${kind} = ${data};`;
  });
  const dir = join(folder.path, "types");
  const compile = async (text: string) => {
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, "manifests.ts"), text);
    const options = ["--noEmit", "--skipLibCheck", "--module", "nodenext", "--types", ""];
    return run(join(root, "node_modules/.bin/tsc"), [...options, "manifests.ts"], { cwd: dir });
  };
  mkdirSync(dir);
  symlinkSync(join(root, "node_modules"), join(dir, "node_modules"));
  writeFileSync(join(dir, "package.json"), '{"type":"module"}');
  const good = await compile(`${lines.join("\n")}\nexport {};\n`);
  expect(good.code, good.stdout).toBe(0);
  const wrong = await compile(
    `${lines.join("\n").replace("serviceAccountName", "serviceAcountName")}\nexport {};\n`,
  );
  expect(wrong.stdout).toContain("serviceAcountName");
}, 120_000);

describe("the values", () => {
  const small = parse(readFileSync(join(chart, "examples", "small.yaml"), "utf8")) as object;
  test.each([
    ["an unknown value", { replica: 3 }, "replica"],
    ["several gateways without a Redis", { state: { kind: "embedded" }, replicas: 2 }, "replicas"],
    ["a Redis without its URL", { state: { kind: "redis", url: "" } }, "url"],
    ["an Envoy elsewhere without mutual TLS", { envoy: { enabled: false } }, "extproc"],
    ["what the chart decides itself", { config: { listen: {} } }, "config"],
  ])("%s is refused", async (_, values, said) => {
    const file = join(folder.path, "values.yaml");
    writeFileSync(file, stringify({ ...small, ...values }));
    const ended = await template("-f", file);
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toContain(said);
  });

  test("do what they say: replicas, scaling, scraping, who may come in", () => {
    const [set] = of("production", "StatefulSet");
    expect(set?.spec).not.toHaveProperty("replicas");
    expect(of("production", "HorizontalPodAutoscaler")[0]?.spec).toMatchObject({
      minReplicas: 3,
      metrics: [{ type: "Resource" }, { pods: { metric: { name: "sallyport_approvals_parked" } } }],
    });
    expect(of("production", "ServiceMonitor")).toHaveLength(1);
    expect(of("small", "HorizontalPodAutoscaler")).toHaveLength(0);
    expect(JSON.stringify(of("external-envoy", "StatefulSet"))).not.toContain("envoyproxy/envoy");
    expect(JSON.stringify(of("external-envoy", "Service"))).toContain("grpc-extproc");
    expect(JSON.stringify(of("production", "NetworkPolicy"))).toContain('"runners":"true"');
  });

  test("what the autoscaler asks for is what the adapter offers, of a metric that there is", async () => {
    const { rules } = parse(readFileSync(join(root, "deploy/observability/adapter.yaml"), "utf8"));
    const [{ name, seriesQuery, metricsQuery }] = rules.custom;
    const asked = JSON.stringify(of("production", "HorizontalPodAutoscaler")[0]?.spec);
    expect(asked).toContain(`"metric":{"name":"${name.as}"}`);
    expect(readFileSync(join(root, "docs/metrics.md"), "utf8")).toContain(`| \`${name.as}\` |`);
    const expr = metricsQuery
      .replace("<<.Series>>", name.as)
      .replace("<<.LabelMatchers>>", 'pod="gw-0"')
      .replace("<<.GroupBy>>", "pod");
    const file = join(folder.path, "adapter-rules.yaml");
    const queries = [seriesQuery, expr].map((one, n) => ({ record: `r${n}`, expr: one }));
    writeFileSync(file, stringify({ groups: [{ name: "adapter", rules: queries }] }));
    const checked = await run("promtool", ["check", "rules", file], { cwd: root });
    expect(checked.code, checked.stderr).toBe(0);
  });
});
