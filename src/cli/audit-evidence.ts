import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { controlNames } from "../audit/control.ts";
import { writePackage } from "../audit/package-file.ts";
import { zipFolder } from "../audit/zip-file.ts";
import { readArguments } from "./arguments.ts";
import { auditOptions, auditPlace, told, verifierKeys } from "./audit-folder.ts";
import type { Command } from "./command.ts";

/** `audit evidence`: a folder for an auditor to take away. */
export const auditEvidence: Command = {
  name: "audit evidence",
  summary:
    "Write what an auditor takes away: the population of a period, samples with proofs, checksums",
  usage:
    "--out FOLDER [--zip FILE] [--control CC7.2] [--from TIME] [--to TIME] [--samples N] [--seed TEXT] [--key VKEY|FILE]… [--config FILE | --dir AUDIT] [--json]",
  run: async (args, io) => {
    const read = readArguments(args, {
      ...auditOptions,
      out: { type: "string" },
      from: { type: "string", default: "1970-01-01" },
      to: { type: "string", default: "9999-01-01" },
      samples: { type: "string", default: "25" },
      control: { type: "string" },
      zip: { type: "string" },
      seed: { type: "string", default: randomBytes(16).toString("hex") },
      key: { type: "string", multiple: true, default: [] },
    });
    if (!read.ok) {
      io.err(read.error);
      return 2;
    }
    const { out, seed, json, control, zip, ...values } = read.value.values;
    const period = { from: Date.parse(values.from), to: Date.parse(values.to) };
    const samples = Number(values.samples);
    const wrong = objection(samples, period, control);
    if (out === undefined || wrong !== undefined) {
      io.err(wrong ?? "Name a folder with --out.");
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
      ...(control === undefined ? {} : { control }),
      seed,
      samples,
      keys,
    });
    if (!written.ok) {
      io.err(`${written.error}.`);
      return 2;
    }
    if (zip !== undefined) await zipFolder(resolve(io.cwd, out), resolve(io.cwd, zip));
    const { population, samples: drawn, report } = written.value;
    const state = report.ok ? "whole" : "NOT WHOLE";
    const line = `${out}: ${population} records, ${drawn.length} drawn with seed ${seed}; the log is ${state}`;
    io.out(json ? JSON.stringify({ out, seed, ...written.value }) : line);
    return report.ok ? 0 : 1;
  },
};

function objection(
  samples: number,
  { from, to }: { readonly from: number; readonly to: number },
  control: string | undefined,
): string | undefined {
  if (!Number.isInteger(samples) || Number.isNaN(from + to))
    return "--samples takes a number, --from and --to take times.";
  if (control === undefined || controlNames.includes(control)) return undefined;
  return `--control takes one of ${controlNames.join(", ")}.`;
}
