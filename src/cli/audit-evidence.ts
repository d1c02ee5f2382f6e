import { randomBytes } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { controlNames } from "../audit/package/control.ts";
import { type PackageSummary, writePackage } from "../audit/package/package-file.ts";
import { zipFolder } from "../audit/package/zip-file.ts";
import { ageEncrypt } from "../recording/keys.ts";
import { readArguments } from "./arguments.ts";
import { auditOptions, auditPlace, told, verifierKeys } from "./audit-folder.ts";
import type { Command, Io } from "./command.ts";

/** `audit evidence`: a folder for an auditor to take away. */
export const auditEvidence: Command = {
  name: "audit evidence",
  summary:
    "Write what an auditor takes away: the population of a period, samples with proofs, checksums",
  usage:
    "--out FOLDER [--zip FILE [--recipient age1…]…] [--older CHECKPOINT] [--control CC7.2] [--from TIME] [--to TIME] [--samples N] [--seed TEXT] [--key VKEY|FILE]… [--config FILE | --dir AUDIT] [--json]",
  run: async (args, io) => {
    const read = readArguments(args, {
      ...auditOptions,
      out: { type: "string" },
      from: { type: "string", default: "1970-01-01" },
      to: { type: "string", default: "9999-01-01" },
      samples: { type: "string", default: "25" },
      control: { type: "string" },
      zip: { type: "string" },
      recipient: { type: "string", multiple: true, default: [] },
      older: { type: "string" },
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
    const kept = await keptCheckpoint(values.older, io);
    if (kept === undefined) return 2;
    const written = await writePackage({
      ...place,
      out: resolve(io.cwd, out),
      period,
      ...(control === undefined ? {} : { control }),
      ...kept,
      seed,
      samples,
      keys,
    });
    if (!written.ok) {
      io.err(`${written.error}.`);
      return 2;
    }
    if (zip !== undefined)
      await archive(resolve(io.cwd, out), resolve(io.cwd, zip), values.recipient);
    const { report } = written.value;
    const all = { out, seed, ...written.value };
    io.out(json ? JSON.stringify(all) : lineOf(all));
    return report.ok ? 0 : 1;
  },
};

function lineOf({
  out,
  seed,
  population,
  samples,
  report,
}: PackageSummary & { readonly out: string; readonly seed: string }): string {
  const state = report.ok ? "whole" : "NOT WHOLE";
  return `${out}: ${population} records, ${samples.length} drawn with seed ${seed}; the log is ${state}`;
}

/** The checkpoint that was brought, if one was; undefined, and told, where its file cannot be read. */
async function keptCheckpoint(
  file: string | undefined,
  io: Io,
): Promise<{ readonly older?: string } | undefined> {
  if (file === undefined) return {};
  const older = await readFile(resolve(io.cwd, file), "utf8").catch(() => undefined);
  if (older === undefined) io.err(`${file} cannot be read.`);
  return older === undefined ? undefined : { older };
}

/** The folder as one ZIP; where it is for somebody, as `FILE.age`, and nothing in the clear is left beside the folder. */
async function archive(folder: string, zip: string, recipients: readonly string[]): Promise<void> {
  await zipFolder(folder, zip);
  if (recipients.length === 0) return;
  await writeFile(`${zip}.age`, await ageEncrypt(await readFile(zip), recipients), { mode: 0o600 });
  await rm(zip);
}

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
