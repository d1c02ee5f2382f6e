import { join } from "node:path";
import { text } from "node:stream/consumers";
import { visible } from "../approvals/visible.ts";
import { openKeys } from "../assembly/keys-file.ts";
import { stateDir } from "../assembly/state.ts";
import { type FoundItem, queryRecords } from "../audit/index/query-file.ts";
import { lineOf } from "../audit/record/line.ts";
import { fingerprinter } from "../detection/mark.ts";
import { readArguments } from "./arguments.ts";
import { told } from "./audit-folder.ts";
import { jsonOf } from "./audit-records.ts";
import type { Command } from "./command.ts";
import { openConfig } from "./config-file.ts";

/** `audit hash`: was this very secret ever seen, and where. The secret is kept nowhere. */
export const auditHash: Command = {
  name: "audit hash",
  summary: "Tell where this very secret was seen; without VALUE it is read from standard input",
  usage: "[VALUE] [--config FILE] [--limit N] [--json]",
  run: async (args, io) => {
    const read = readArguments(args, {
      config: { type: "string", default: "sallyport.yaml" },
      json: { type: "boolean", default: false },
      limit: { type: "string", default: "100" },
    });
    if (!read.ok) {
      io.err(read.error);
      return 2;
    }
    const { values, positionals } = read.value;
    const config = openConfig(values.config, io);
    if (config === undefined) return 2;
    const secret = positionals[0] ?? (await text(io.stdin)).replace(/\r?\n$/, "");
    if (secret === "") {
      io.err("There is no value to look for.");
      return 2;
    }
    const { fingerprint } = openKeys(join(stateDir(config), "keys"));
    const print = fingerprinter(fingerprint)(Buffer.from(secret));
    const limit = Number(values.limit) || 100;
    await told(config.audit.dir, { action: "audit.hash", subject: print }, io);
    const keys = [["fingerprint", print]] as const;
    const found = await queryRecords(config.audit.dir, { keys, limit });
    for (const line of values.json ? [json(print, found)] : lines(print, found)) io.out(line);
    return found.length > 0 ? 0 : 1;
  },
};

function json(fingerprint: string, found: readonly FoundItem[]): string {
  const records = found.map((one): unknown => JSON.parse(jsonOf(one)));
  return JSON.stringify({ fingerprint, seen: found.length > 0, records });
}

function lines(fingerprint: string, found: readonly FoundItem[]): readonly string[] {
  const times = found.length === 0 ? "never seen" : `seen in ${found.length}`;
  return [`${fingerprint}: ${times}`, ...found.map(({ item }) => visible(lineOf(item)))];
}
