import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import {
  authorityFiles,
  makeAuthority,
  readAuthority,
  writeLeaf,
} from "../envoy/authority-file.ts";
import { systemRoots } from "../envoy/bootstrap.ts";
import { readArguments } from "./arguments.ts";
import type { Command, ExitStatus, Io } from "./command.ts";
import { openConfig } from "./config-file.ts";

const dir = { type: "string", default: "tls" } as const;
const json = { type: "boolean", default: false } as const;

/** An authority of one's own, for the certificates that clients of the forward proxy are shown. */
export const caInit: Command = {
  name: "ca init",
  summary: "make an internal authority, once; it is never replaced",
  usage: "[--dir DIR] [--name NAME] [--days N] [--json]",
  async run(args, io) {
    const name = { type: "string", default: "Sallyport CA" } as const;
    const read = readArguments(args, {
      dir,
      name,
      days: { type: "string", default: "3650" },
      json,
    });
    if (!read.ok) return usage(io, read.error);
    const { values } = read.value;
    const days = daysOf(values.days);
    if (days === undefined) return usage(io, "--days must be a number of days.");
    return attempt(io, "No authority was made", () => {
      const folder = resolve(io.cwd, values.dir);
      makeAuthority(folder, values.name, days);
      const { certificate, key } = authorityFiles(folder);
      if (values.json) io.out(JSON.stringify({ certificate, key }));
      else io.out(`clients trust ${certificate}; keep ${key} to yourself`);
    });
  },
};

/** The certificates of the gateway: inside a CONNECT exactly the connections' names, in front those that are asked for; and clients', for mutual TLS. */
export const caIssue: Command = {
  name: "ca issue",
  summary:
    "issue inner.pem for exactly the connections' hosts, gateway.pem for --host, NAME.pem for --client",
  usage: "[--config FILE] [--dir DIR] [--host NAME]… [--client NAME]… [--days N] [--json]",
  async run(args, io) {
    const read = readArguments(args, {
      config: { type: "string", default: "sallyport.yaml" },
      dir,
      host: { type: "string", multiple: true, default: [] },
      client: { type: "string", multiple: true, default: [] },
      days: { type: "string", default: "397" },
      json,
    });
    if (!read.ok) return usage(io, read.error);
    const { values } = read.value;
    const days = daysOf(values.days);
    if (days === undefined) return usage(io, "--days must be a number of days.");
    const clients = [...new Set(values.client)];
    if (!clients.every((name) => clientName.test(name)))
      return usage(
        io,
        "--client must be a new name of letters, digits and hyphens, such as envoy.",
      );
    const config = openConfig(values.config, io);
    if (config === undefined) return 2;
    const inner = [...new Set(config.connections.flatMap(({ hosts }) => hosts))];
    return attempt(io, "No certificate was issued", () => {
      const folder = resolve(io.cwd, values.dir);
      const authority = readAuthority(folder);
      if (authority === undefined)
        throw new Error(`there is no authority in ${folder}: run sallyport ca init first`);
      const leaves: readonly Leaf[] = [
        { name: "inner", hosts: inner, purpose: "server" },
        { name: "gateway", hosts: [...new Set(values.host)], purpose: "server" },
        ...clients.map((name) => ({ name, hosts: [name], purpose: "client" as const })),
      ];
      for (const { name, hosts, purpose } of leaves) {
        if (hosts.length === 0) continue;
        const files = writeLeaf(folder, name, authority.issue(hosts, days, purpose), authority);
        if (values.json) io.out(JSON.stringify({ ...files, hosts, purpose }));
        else io.out(`${files.certificate} and ${files.key}: ${hosts.join(", ")}`);
      }
    });
  },
};

/** For programs whose list of authorities can only be replaced, not added to. */
export const caBundle: Command = {
  name: "ca bundle",
  summary: "print the system's authorities and the internal one as one PEM bundle",
  usage: "[--dir DIR] [--roots FILE] [--out FILE]",
  async run(args, io) {
    const roots = { type: "string", default: systemRoots } as const;
    const read = readArguments(args, { dir, roots, out: { type: "string" } });
    if (!read.ok) return usage(io, read.error);
    const { values } = read.value;
    return attempt(io, "No bundle was made", () => {
      const own = readFileSync(authorityFiles(resolve(io.cwd, values.dir)).certificate, "utf8");
      const bundle = `${readFileSync(resolve(io.cwd, values.roots), "utf8").trimEnd()}\n${own}`;
      if (values.out === undefined) io.out(bundle.trimEnd());
      else writeFileSync(resolve(io.cwd, values.out), bundle);
    });
  },
};

interface Leaf {
  readonly name: string;
  readonly hosts: readonly string[];
  readonly purpose: "server" | "client";
}

/** Also the name of a file, so it must not be that of another of ours. */
const clientName = /^(?!(?:ca|inner|gateway)$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

function daysOf(text: string): number | undefined {
  const days = Number(text);
  return Number.isInteger(days) && days > 0 && days <= 36_500 ? days : undefined;
}

function usage(io: Io, sentence: string): ExitStatus {
  io.err(sentence);
  return 2;
}

function attempt(io: Io, failed: string, act: () => void): ExitStatus {
  try {
    act();
    return 0;
  } catch (error) {
    return usage(io, `${failed}: ${error instanceof Error ? error.message : "no reason"}`);
  }
}
