import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, parseAllDocuments, stringify } from "yaml";
import { authorityFiles, makeAuthority, writeLeaf } from "../../../src/envoy/authority-file.ts";
import { findEnvoy } from "../../../src/envoy/binary.ts";
import { run } from "../../support/clients.ts";
import { sallyport } from "../../support/command.ts";
import { type Folder, temporaryFolder } from "../../support/folder.ts";

/** The examples for a mesh and for Envoy Gateway: what the command renders, so the same Envoy as ours. */
const root = join(import.meta.dirname, "..", "..", "..");
const examples = join(root, "deploy", "examples");
// Its build takes longer than all other tests together, so it is had by hand (deploy/examples/envoy-gateway/README.md) and named here.
const egctl = process.env["SALLYPORT_EGCTL"];

type Fields = Readonly<Record<string, unknown>>;
interface Bootstrap {
  readonly layered_runtime: Fields;
  readonly static_resources: {
    readonly listeners: readonly Fields[];
    readonly clusters: unknown[];
  };
}

let folder: Folder;
let ours: Bootstrap;
beforeAll(async () => {
  folder = await temporaryFolder();
  ours = parse(await printed());
});
afterAll(() => folder?.remove());

async function printed(...more: readonly string[]): Promise<string> {
  const args = ["envoy-config", "--config", join(examples, "fleet.yaml"), ...more];
  const { status, out, err } = await sallyport(args, { cwd: root });
  if (status !== 0) throw new Error(err);
  return `${out}\n`;
}

test.each([
  ["istio", "istio/envoyfilter.yaml"],
  ["envoy-gateway", "envoy-gateway/sallyport.yaml"],
])("--as %s prints %s", async (as, file) => {
  expect(readFileSync(join(examples, file), "utf8")).toBe(await printed("--as", as));
});

test("another word is refused", async () => {
  await expect(printed("--as", "linkerd")).rejects.toThrow("--as must be");
});

describe("Istio", () => {
  interface Patch {
    readonly applyTo: string;
    readonly match?: Fields;
    readonly patch: { readonly operation: string; readonly value: Fields };
  }
  const { spec } = parse(readFileSync(join(examples, "istio/envoyfilter.yaml"), "utf8")) as {
    readonly spec: { readonly configPatches: readonly Patch[] };
  };
  const values = (kind: string): readonly Fields[] =>
    spec.configPatches.filter(({ applyTo }) => applyTo === kind).map(({ patch }) => patch.value);

  test("its patches put into a bare bootstrap are our bootstrap, and the real Envoy takes it", async () => {
    const whole = {
      ...ours,
      ...values("BOOTSTRAP")[0],
      static_resources: { listeners: values("LISTENER"), clusters: values("CLUSTER") },
    };
    expect(whole).toEqual(ours);
    const tls = join(folder.path, "istio");
    mkdirSync(tls);
    const authority = makeAuthority(tls, "Test CA");
    const leaf = writeLeaf(tls, "leaf", authority.issue(["sallyport"]), authority);
    const text = stringify(whole)
      .replaceAll(
        /\/etc\/sallyport\/[\w/-]+\/tls\.crt|\/etc\/sallyport\/tls\/tls\.crt/g,
        leaf.certificate,
      )
      .replaceAll(/\/etc\/sallyport\/[\w/-]+\/tls\.key/g, leaf.key)
      .replaceAll("/etc/sallyport/envoy-tls/ca.crt", authorityFiles(tls).certificate);
    const file = join(tls, "envoy.yaml");
    writeFileSync(file, text);
    const envoy = await findEnvoy();
    if (!envoy.ok) throw new Error(envoy.error);
    const checked = await run(envoy.value.path, ["--mode", "validate", "-c", file], { cwd: tls });
    expect(checked.code, checked.stderr).toBe(0);
  }, 60_000);

  test("no route of it is retried, and everything is for gateways alone", () => {
    const routes = JSON.stringify(values("LISTENER").map(virtualHosts));
    expect(routes).not.toContain("retry_policy");
    for (const { applyTo, match } of spec.configPatches)
      if (applyTo !== "BOOTSTRAP") expect(match).toEqual({ context: "GATEWAY" });
  });
});

describe("Envoy Gateway", () => {
  const file = join(examples, "envoy-gateway/sallyport.yaml");
  const name = "sallyport/sallyport/https";
  const policyName = "envoyextensionpolicy/sallyport/sallyport/extproc/0";
  interface JsonPatch {
    readonly type: string;
    readonly name: string;
    readonly operation: { readonly op: string; readonly path: string; readonly value: unknown };
  }
  interface Resource {
    readonly kind: string;
    readonly spec: Fields & { readonly jsonPatches?: readonly JsonPatch[] };
  }
  const resources = parseAllDocuments(readFileSync(file, "utf8")).map(
    (one) => one.toJS() as Resource,
  );
  const patches = resources.flatMap(({ spec }) => spec.jsonPatches ?? []);
  /** With the names that Envoy Gateway gives put back to ours. */
  const back = (value: unknown): unknown =>
    JSON.parse(
      JSON.stringify(value)
        .replaceAll(`envoy.filters.http.ext_proc/${policyName}`, "envoy.filters.http.ext_proc")
        .replaceAll(policyName, "sallyport_processor")
        .replaceAll("httproute/sallyport/api/rule/0", "sallyport_api")
        .replaceAll(/httproute\/sallyport\/([\w-]+)\/rule\/0/g, "upstream_$1"),
    );

  test("its patches say every field of our connection manager, but for what is Envoy Gateway's", () => {
    const at = "/filter_chains/0/filters/0/typed_config/";
    const said = patches
      .filter(({ type }) => type.endsWith("Listener"))
      .map(({ operation: { path, value } }) => [path.slice(at.length), back(value)] as const);
    const { "@type": _, stat_prefix, route_config, ...wanted } = manager(ours);
    expect(Object.fromEntries(said)).toEqual(wanted);
    const [routes] = patches.filter(({ type }) => type.endsWith("RouteConfiguration"));
    expect(back(routes?.operation.value)).toEqual((route_config as Fields)["virtual_hosts"]);
    const options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
    const explicit = "explicit_http_config/http2_protocol_options";
    const [cluster] = patches.filter(({ type }) => type.endsWith("Cluster"));
    expect(cluster?.operation.path).toBe(
      `/typed_extension_protocol_options/${options}/${explicit}`,
    );
    expect(cluster?.operation.value).toEqual(http2(ours));
    for (const { type, name: patched, operation } of patches) {
      expect(patched).toBe(type.endsWith("Cluster") ? policyName : name);
      expect(operation.op).toBe("add");
    }
  });

  test("the policy alone says of the filter what it can", () => {
    const [policy] = resources.filter(({ kind }) => kind === "EnvoyExtensionPolicy");
    expect(policy?.spec).toMatchObject({
      extProc: [
        {
          failOpen: false,
          statusOnError: 503,
          processingMode: {
            request: { body: "FullDuplexStreamed" },
            response: { body: "FullDuplexStreamed" },
          },
          metadata: { writableNamespaces: ["sallyport"] },
        },
      ],
    });
  });

  if (egctl !== undefined)
    test("egctl translates it to our filters and routes", async () => {
      const input = join(folder.path, "eg.yaml");
      const { certificate, key } = pairOf();
      const secret = (secretName: string) => ({
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: secretName, namespace: "sallyport" },
        type: "kubernetes.io/tls",
        data: { "tls.crt": certificate, "tls.key": key, "ca.crt": certificate },
      });
      const more = [secret("sallyport-tls"), secret("sallyport-envoy-tls"), ...missing].map((one) =>
        stringify(one),
      );
      writeFileSync(input, [readFileSync(file, "utf8"), ...more].join("---\n"));
      const args = ["x", "translate", "--to", "xds", "-o", "json", "-f", input];
      const ended = await run(egctl, args, { cwd: folder.path });
      expect(ended.code, ended.stderr).toBe(0);
      const dump = JSON.stringify(snake(JSON.parse(ended.stdout)));
      const wanted = manager(ours);
      for (const filter of wanted["http_filters"] as readonly Fields[])
        expect(back(JSON.parse(dump)), String(filter["name"])).toSatisfy((all: unknown) =>
          holds(all, filter),
        );
      for (const host of (wanted["route_config"] as Fields)["virtual_hosts"] as readonly Fields[])
        expect(back(JSON.parse(dump)), String(host["name"])).toSatisfy((all: unknown) =>
          holds(all, host),
        );
      expect(JSON.parse(dump)).toSatisfy((all: unknown) => holds(all, http2(ours)));
    }, 60_000);

  function pairOf(): { readonly certificate: string; readonly key: string } {
    const dir = join(folder.path, "eg");
    const authority = makeAuthority(dir, "Test CA");
    const leaf = authority.issue(["gateway.example"]);
    const base64 = (text: string): string => Buffer.from(text).toString("base64");
    return { certificate: base64(leaf.certificate), key: base64(leaf.key) };
  }
  const missing = [
    {
      apiVersion: gatewayApi(),
      kind: "GatewayClass",
      metadata: { name: "envoy-gateway" },
      spec: { controllerName: "gateway.envoyproxy.io/gatewayclass-controller" },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "sallyport", namespace: "sallyport" },
      spec: { clusterIP: "7.7.7.7", ports: [{ name: "api", port: 9003, targetPort: 9003 }] },
    },
  ];
  function gatewayApi(): string {
    return "gateway.networking.k8s.io/v1";
  }
});

function manager({ static_resources }: Bootstrap): Fields {
  interface Proxy {
    readonly filter_chains: readonly { readonly filters: readonly { typed_config: Fields }[] }[];
  }
  const [proxy] = static_resources.listeners as unknown as readonly Proxy[];
  return proxy?.filter_chains[0]?.filters[0]?.typed_config ?? {};
}

/** How our Envoy speaks HTTP/2 with the processors. */
function http2({ static_resources }: Bootstrap): Fields {
  interface Cluster {
    readonly name: string;
    readonly typed_extension_protocol_options?: Readonly<
      Record<
        string,
        { readonly explicit_http_config?: { readonly http2_protocol_options?: Fields } }
      >
    >;
  }
  const clusters = static_resources.clusters as unknown as readonly Cluster[];
  const found = clusters.find(({ name }) => name === "sallyport_processor");
  const [options] = Object.values(found?.typed_extension_protocol_options ?? {});
  return options?.explicit_http_config?.http2_protocol_options ?? {};
}

function virtualHosts(listener: Fields): unknown {
  const found: unknown[] = [];
  JSON.stringify(listener, (field, value: unknown) => {
    if (field === "virtual_hosts") found.push(value);
    return value;
  });
  return found;
}

/** proto3 JSON names to the ones of the proto files. */
function snake(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snake);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      /^[a-z]+([A-Z][a-z0-9]*)+$/.test(name)
        ? name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
        : name,
      snake(inner),
    ]),
  );
}

/** Whether something in it has each field of `wanted`, as proto3 JSON writes it (what is the default may be absent). */
function holds(all: unknown, wanted: unknown): boolean {
  if (fits(all, wanted)) return true;
  if (typeof all !== "object" || all === null) return false;
  return Object.values(all).some((inner) => holds(inner, wanted));
}

function fits(got: unknown, wanted: unknown): boolean {
  if (got === undefined)
    return wanted === false || wanted === "RETAIN" || wanted === "ALLOW" || wanted === "NONE";
  // Durations and 64-bit numbers have more than one spelling: 0.1s and 0.100s, 5 and "5".
  if (typeof wanted !== "object" || wanted === null)
    return String(got).replace(/(\.\d*?)0+s$/, "$1s") === String(wanted);
  if (typeof got !== "object" || got === null) return false;
  return Object.entries(wanted).every(([name, inner]) =>
    fits((got as Readonly<Record<string, unknown>>)[name], inner),
  );
}
