import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { writePackage } from "../audit/package-file.ts";
import { readArguments } from "./arguments.ts";
import { auditOptions, auditPlace, told, verifierKeys } from "./audit-folder.ts";
import type { Command } from "./command.ts";

/** `audit evidence`: a folder for an auditor to take away. */
export const auditEvidence: Command = {
  name: "audit evidence",
  summary:
    "Write what an auditor takes away: the population of a period, samples with proofs, checksums",
  usage:
    "--out FOLDER [--from TIME] [--to TIME] [--samples N] [--seed TEXT] [--key VKEY|FILE]… [--config FILE | --dir AUDIT] [--json]",
  run: async (args, io) => {
    const read = readArguments(args, {
      ...auditOptions,
      out: { type: "string" },
      from: { type: "string", default: "1970-01-01" },
      to: { type: "string", default: "9999-01-01" },
      samples: { type: "string", default: "25" },
      seed: { type: "string", default: randomBytes(16).toString("hex") },
      key: { type: "string", multiple: true, default: [] },
    });
    if (!read.ok) {
      io.err(read.error);
      return 2;
    }
    const { out, seed, json, ...values } = read.value.values;
    const period = { from: Date.parse(values.from), to: Date.parse(values.to) };
    const samples = Number(values.samples);
    if (out === undefined || !Number.isInteger(samples) || Number.isNaN(period.from + period.to)) {
      io.err("Name a folder with --out; --samples takes a number, --from and --to take times.");
      return 2;
    }
    const keys = verifierKeys(values.key, io);
    const place = auditPlace(values, io);
    if (keys === undefined || place === undefined) return 2;
    const what = { action: "audit.evidence", subject: `${values.from}/${values.to}`, detail: seed };
    await told(place.dir, what, io);
    const written = await writePackage({
      ...place,
      out: resolve(io.cwd, out),
      period,
      seed,
      samples,
      keys,
    });
    if (!written.ok) {
      io.err(`${written.error}.`);
      return 2;
    }
    const { population, samples: drawn, report } = written.value;
    if (json) io.out(JSON.stringify({ out, seed, ...written.value }));
    else
      io.out(
        `${out}: ${population} records, ${drawn.length} drawn with seed ${seed}; the log is ${report.ok ? "whole" : "NOT WHOLE"}`,
      );
    return report.ok ? 0 : 1;
  },
};
