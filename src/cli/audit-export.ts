import { exportItems } from "../audit/package/export-file.ts";
import { ocsfEvents } from "../audit/projection/ocsf.ts";
import { lineOf } from "../audit/record/line.ts";
import { readArguments } from "./arguments.ts";
import { auditFolder, auditOptions, told } from "./audit-folder.ts";
import type { Command } from "./command.ts";

/** `audit export`: the records as JSON Lines, for a SIEM. */
export const auditExport: Command = {
  name: "audit export",
  summary: "Write the records as JSON Lines for a SIEM: OCSF 1.8 events, or our own lines",
  usage: "[--format ocsf|lines] [--from TIME] [--to TIME] [--config FILE | --dir AUDIT]",
  run: async (args, io) => {
    const read = readArguments(args, {
      ...auditOptions,
      format: { type: "string", default: "ocsf" },
      from: { type: "string" },
      to: { type: "string" },
    });
    if (!read.ok) {
      io.err(read.error);
      return 2;
    }
    const { format, from = "1970-01-01", to = "9999-01-01", ...where } = read.value.values;
    const [start, end] = [Date.parse(from), Date.parse(to)];
    if (Number.isNaN(start) || Number.isNaN(end) || (format !== "ocsf" && format !== "lines")) {
      io.err("--format is ocsf or lines; --from and --to are times such as 2026-11-22T14:00:00Z.");
      return 2;
    }
    const dir = auditFolder(where, io);
    if (dir === undefined) return 2;
    await told(dir, { action: "audit.export", subject: `${from}/${to}`, detail: format }, io);
    for await (const item of exportItems(dir, { from: start, to: end }))
      for (const line of format === "lines" ? [lineOf(item)] : ocsfEvents(item).map(text))
        io.out(line);
    return 0;
  },
};

function text(event: object): string {
  return JSON.stringify(event);
}
