import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Leaf } from "../audit/transparency/leaf.ts";
import { verifyProof } from "../audit/transparency/proof-file.ts";
import { type VerifyReport, verifyLog } from "../audit/transparency/verify-file.ts";
import type { Result } from "../base/result.ts";
import type { Verifier } from "../tlog/key.ts";
import { readArguments } from "./arguments.ts";
import { auditOptions, auditPlace, verifierKeys } from "./audit-folder.ts";
import type { Command, ExitStatus, Io } from "./command.ts";

/** `audit verify`: checks a whole log, or one proof, offline. */
export const auditVerify: Command = {
  name: "audit verify",
  summary: "Check that no record was changed, removed, moved or put in later; needs no network",
  usage:
    "[PROOF.tlog-proof] [--record FILE] [--key VKEY|FILE]… [--older CHECKPOINT]… [--config FILE | --dir AUDIT] [--json]",
  run: async (args, io) => {
    const read = readArguments(args, {
      ...auditOptions,
      key: { type: "string", multiple: true, default: [] },
      older: { type: "string", multiple: true, default: [] },
      record: { type: "string" },
    });
    if (!read.ok) {
      io.err(read.error);
      return 2;
    }
    const { values, positionals } = read.value;
    const keys = verifierKeys(values.key, io);
    const older = texts(values.older, io);
    if (keys === undefined || older === undefined) return 2;
    const [proof] = positionals;
    if (proof !== undefined)
      return verifyOne({ proof, record: values.record, keys }, values.json, io);
    const place = auditPlace(values, io);
    if (place === undefined) return 2;
    const report = await verifyLog({ dir: place.dir, keys, older, ...place.elsewhere });
    if (report.ok) return tell(report.value, values.json, io);
    io.err(`${report.error}.`);
    return 2;
  },
};

function tell(report: VerifyReport, json: boolean, io: Io): ExitStatus {
  if (json) io.out(JSON.stringify(report));
  else for (const line of linesOf(report)) io.out(line);
  return report.ok ? 0 : 1;
}

function linesOf({ ok, origin, size, trusted, replicas, records, ...rest }: VerifyReport) {
  const names = Object.entries(replicas).map(([name, count]) => `${name} (${count})`);
  return [
    ...rest.problems.map((problem) => `wrong: ${problem}`),
    ...(rest.problemCount > rest.problems.length ? [`… ${rest.problemCount} in all`] : []),
    `${ok ? "whole" : "NOT WHOLE"}: ${origin}, ${size} entries of ${names.join(", ")}`,
    `${records.compared} records compared with their entries, ${records.unpublished} in no checkpoint yet`,
    ...(trusted
      ? []
      : ["The key was the log's own word: give --key with one that you had from elsewhere."]),
  ];
}

interface OneProof {
  readonly proof: string;
  readonly record: string | undefined;
  readonly keys: readonly Verifier[];
}

function verifyOne({ proof, record, keys }: OneProof, json: boolean, io: Io): ExitStatus {
  const [key] = keys;
  if (key === undefined) {
    io.err("A proof is checked against a key: give --key.");
    return 2;
  }
  const text = file(proof, io)?.toString();
  const payload = record === undefined ? undefined : file(record, io);
  if (text === undefined || (record !== undefined && payload === undefined)) return 2;
  const leaf = verifyProof(text, { origin: key.name, keys }, payload);
  io.out(json ? JSON.stringify({ ...leaf }) : proofLine(leaf));
  return leaf.ok ? 0 : 1;
}

function proofLine(leaf: Result<Leaf>): string {
  return leaf.ok ? `proved: ${JSON.stringify(leaf.value)}` : `NOT PROVED: ${leaf.error}`;
}

function texts(paths: readonly string[], io: Io): readonly string[] | undefined {
  const all = paths.map((path) => file(path, io)?.toString());
  return all.every((text) => text !== undefined) ? all : undefined;
}

function file(path: string, io: Io): Buffer | undefined {
  const full = resolve(io.cwd, path);
  if (existsSync(full)) return readFileSync(full);
  io.err(`There is no file ${path}.`);
  return undefined;
}
