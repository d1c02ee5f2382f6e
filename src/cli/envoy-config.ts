import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { stringify } from "yaml";
import type { Config } from "../config/schema.ts";
import { bootstrap, systemRoots } from "../envoy/bootstrap.ts";
import { envoyGateway } from "../envoy/envoy-gateway.ts";
import { istioFilter } from "../envoy/istio.ts";
import type { JsonObject } from "../envoy/typed.ts";
import { filesystemXds } from "../envoy/xds.ts";
import { readArguments } from "./arguments.ts";
import type { Command, ExitStatus, Io } from "./command.ts";
import { openConfig } from "./config-file.ts";
import { withProcesses } from "./processes.ts";

/** Renders Envoy's bootstrap, for an Envoy that somebody else runs. */
export const envoyConfig: Command = {
  name: "envoy-config",
  summary: "print Envoy's bootstrap, rendered from the config",
  usage:
    "[--config FILE] [--processes N|auto] [--certificate FILE --key FILE] [--inner-certificate FILE --inner-key FILE] [--roots FILE] [--admin HOST:PORT] [--access-log stdout|FILE|none] [--json | --xds DIR | --as istio|envoy-gateway [--namespace NAME]]",
  async run(args, io) {
    const read = readArguments(args, {
      config: { type: "string", default: "sallyport.yaml" },
      processes: { type: "string" },
      certificate: { type: "string" },
      key: { type: "string" },
      "inner-certificate": { type: "string" },
      "inner-key": { type: "string" },
      roots: { type: "string", default: systemRoots },
      admin: { type: "string", default: "127.0.0.1:9901" },
      "access-log": { type: "string", default: "stdout" },
      json: { type: "boolean", default: false },
      xds: { type: "string" },
      as: { type: "string", default: "bootstrap" },
      namespace: { type: "string", default: "sallyport" },
    });
    if (!read.ok) {
      io.err(read.error);
      return 2;
    }
    const { values } = read.value;
    const written = openConfig(values.config, io);
    const config = written && withProcesses(written, values.processes, io);
    if (config === undefined) return 2;
    const certificate = values.certificate ?? config.tls?.certificate;
    const key = values.key ?? config.tls?.key;
    const [, host, port] = /^(127\.0\.0\.1|localhost|\[::1\]):(\d{1,5})$/.exec(values.admin) ?? [];
    if (certificate === undefined || key === undefined) {
      io.err("Name the certificate: tls in the config, or --certificate FILE and --key FILE.");
      return 2;
    }
    if (host === undefined || port === undefined) {
      io.err("--admin must be a loopback address and a port, such as 127.0.0.1:9901.");
      return 2;
    }
    const rendered = bootstrap(config, {
      admin: { host, port: Number(port) },
      proxy: { certificate: resolve(io.cwd, certificate), key: resolve(io.cwd, key) },
      inner: {
        certificate: resolve(
          io.cwd,
          values["inner-certificate"] ?? config.forward.tls?.certificate ?? certificate,
        ),
        key: resolve(io.cwd, values["inner-key"] ?? config.forward.tls?.key ?? key),
      },
      roots: values.roots,
      ...logTo(values["access-log"]),
    });
    return print(rendered, { ...values, config }, io);
  },
};

interface Form {
  readonly json: boolean;
  readonly xds?: string | undefined;
  readonly as: string;
  readonly namespace: string;
  readonly config: Config;
}

function print(rendered: JsonObject, form: Form, io: Io): ExitStatus {
  if (form.xds !== undefined) return writeXds(rendered, resolve(io.cwd, form.xds), io);
  const documents = documentsOf(rendered, form);
  if (documents === undefined) {
    io.err("--as must be bootstrap, istio or envoy-gateway.");
    return 2;
  }
  const text = (one: JsonObject): string =>
    form.json
      ? JSON.stringify(one, null, 2)
      : stringify(one, { lineWidth: 0, aliasDuplicateObjects: form.as === "bootstrap" });
  io.out(documents.map(text).join("---\n"));
  return 0;
}

function documentsOf(
  rendered: JsonObject,
  { as, config, namespace }: Form,
): readonly JsonObject[] | undefined {
  if (as === "bootstrap") return [rendered];
  if (as === "istio") return [istioFilter(rendered)];
  return as === "envoy-gateway" ? envoyGateway(config, rendered, namespace) : undefined;
}

/** `bootstrap.yaml`, `lds.yaml`, `cds.yaml`, each moved into place: Envoy takes up a file that was moved, never half a one. */
function writeXds(rendered: JsonObject, dir: string, io: Io): ExitStatus {
  const paths = { listeners: join(dir, "lds.yaml"), clusters: join(dir, "cds.yaml") };
  const { bootstrap: first, listeners, clusters } = filesystemXds(rendered, paths);
  // Clusters before the listeners that name them.
  const files = [
    [paths.clusters, clusters],
    [paths.listeners, listeners],
    [join(dir, "bootstrap.yaml"), first],
  ] as const;
  try {
    mkdirSync(dir, { recursive: true });
    for (const [file, content] of files) {
      writeFileSync(`${file}.new`, stringify(content, { lineWidth: 0 }));
      renameSync(`${file}.new`, file);
    }
  } catch (error) {
    io.err(`Nothing was written: ${error instanceof Error ? error.message : "no reason"}`);
    return 2;
  }
  // Without the flag Envoy passes over what it does not know in these files, a misspelt guard too.
  io.out(`envoy -c ${join(dir, "bootstrap.yaml")} --reject-unknown-dynamic-fields`);
  return 0;
}

function logTo(where: string): { readonly accessLog?: string } {
  return where === "none" ? {} : { accessLog: where };
}
