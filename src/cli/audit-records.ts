import { visible } from "../approvals/visible.ts";
import { type IndexKey, indexKinds } from "../audit/index/index-keys.ts";
import { type FoundItem, queryRecords } from "../audit/index/query-file.ts";
import { lineOf } from "../audit/record/line.ts";
import { err, ok, type Result } from "../base/result.ts";
import { readArguments } from "./arguments.ts";
import { auditFolder, auditOptions, auditUsage } from "./audit-folder.ts";
import type { Command } from "./command.ts";

const filters = Object.fromEntries(
  indexKinds.map((kind) => [kind, { type: "string", multiple: true, default: [] as string[] }]),
) as Record<(typeof indexKinds)[number], { type: "string"; multiple: true; default: string[] }>;

/** `audit records`: who triggered it, what was exposed, what was decided. */
export const auditRecords: Command = {
  name: "audit records",
  summary: "Find exchanges and acts: who triggered it, what was exposed, what was decided",
  usage: `[--${indexKinds.join(" X] [--")} X] [--from TIME] [--to TIME] [--limit N] ${auditUsage}`,
  run: async (args, io) => {
    const read = readArguments(args, {
      ...auditOptions,
      ...filters,
      from: { type: "string" },
      to: { type: "string" },
      limit: { type: "string", default: "100" },
    });
    if (!read.ok) {
      io.err(read.error);
      return 2;
    }
    const { values } = read.value;
    const limits = readLimits(values);
    if (!limits.ok) {
      io.err(limits.error);
      return 2;
    }
    const dir = auditFolder(values, io);
    if (dir === undefined) return 2;
    const keys = indexKinds.flatMap((kind) => values[kind].map((value): IndexKey => [kind, value]));
    const found = await queryRecords(dir, { keys, ...limits.value });
    for (const one of found) io.out(values.json ? jsonOf(one) : visible(lineOf(one.item)));
    if (found.length === 0 && !values.json) io.out("There are none.");
    return 0;
  },
};

/** The whole item, as it is kept. */
export function jsonOf({ item, record, ended }: FoundItem): string {
  const { replica, boot, seq, n } = record;
  const place = { replica, boot, seq, n };
  return JSON.stringify(
    item.kind === "act"
      ? { kind: "act", at: record.at, act: item.act, place }
      : { kind: "exchange", ended, intent: item.intent, completion: item.completion, place },
  );
}

interface Limits {
  readonly from?: number;
  readonly to?: number;
  readonly limit: number;
}

function readLimits(values: {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly limit: string;
}): Result<Limits> {
  const limit = Number(values.limit);
  if (!Number.isInteger(limit) || limit < 1) return err("--limit takes a number of at least 1.");
  const [from, to] = [values.from, values.to].map((text) =>
    text === undefined ? undefined : Date.parse(text),
  );
  if (Number.isNaN(from) || Number.isNaN(to))
    return err("--from and --to take times such as 2026-11-22T14:00:00Z.");
  return ok({
    limit,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  });
}
