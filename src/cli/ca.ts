import { resolve } from "node:path";
import { developmentCertificate } from "../envoy/development-certificate-file.ts";
import { readArguments } from "./arguments.ts";
import type { Command } from "./command.ts";
import { openConfig } from "./config-file.ts";

/** Certificates for those who have none yet: an authority of one's own, and the gateway's certificate under it. */
export const ca: Command = {
  name: "ca",
  summary: "make an authority (once) and a certificate for the gateway and its connections' hosts",
  usage: "[--config FILE] [--dir DIR] [--host NAME]… [--json]",
  async run(args, io) {
    const read = readArguments(args, {
      config: { type: "string", default: "sallyport.yaml" },
      dir: { type: "string", default: "tls" },
      host: { type: "string", multiple: true, default: ["localhost", "127.0.0.1"] },
      json: { type: "boolean", default: false },
    });
    if (!read.ok) {
      io.err(read.error);
      return 2;
    }
    const { config: file, dir, host, json } = read.value.values;
    const config = openConfig(file, io);
    if (config === undefined) return 2;
    const hosts = [...new Set([...host, ...config.connections.flatMap(({ hosts: own }) => own)])];
    try {
      const files = developmentCertificate(resolve(io.cwd, dir), hosts);
      if (json) io.out(JSON.stringify({ ...files, hosts }));
      else {
        io.out(`certificate ${files.certificate} and its key ${files.key}: ${hosts.join(", ")}`);
        io.out(`clients trust ${files.authority}; keep ca.key beside it to yourself`);
      }
      return 0;
    } catch (error) {
      io.err(`No certificate was made: ${error instanceof Error ? error.message : "no reason"}`);
      return 2;
    }
  },
};
