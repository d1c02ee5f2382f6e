import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { queryRecords, readPayload } from "../audit/index/query-file.ts";
import { proveRecord } from "../audit/transparency/proof-file.ts";
import { readArguments } from "./arguments.ts";
import { auditOptions, auditPlace, auditUsage } from "./audit-folder.ts";
import type { Command } from "./command.ts";

/** `audit proof`: writes what proves one record to somebody who has nothing but the key. */
export const auditProof: Command = {
  name: "audit proof",
  summary:
    "Write the proof of one record, and the record itself, for somebody who has only the key",
  usage: `RECORD [--out FOLDER] ${auditUsage}`,
  run: async (args, io) => {
    const read = readArguments(args, { ...auditOptions, out: { type: "string", default: "." } });
    const id = read.ok ? read.value.positionals[0] : undefined;
    if (!read.ok || id === undefined) {
      io.err(read.ok ? "Name the record: audit proof RECORD." : read.error);
      return 2;
    }
    const { values } = read.value;
    const place = auditPlace(values, io);
    if (place === undefined) return 2;
    const { dir, log } = place;
    const [found] = await queryRecords(dir, { keys: [["id", id]], limit: 1 });
    if (found === undefined) {
      io.err("There is no record of that id.");
      return 1;
    }
    const proof = await proveRecord(log, found.record);
    if (!proof.ok) {
      io.err(`${proof.error}.`);
      return 1;
    }
    const out = resolve(io.cwd, values.out);
    const files = { proof: join(out, `${id}.tlog-proof`), record: join(out, `${id}.record`) };
    writeFileSync(files.proof, proof.value);
    writeFileSync(files.record, await readPayload(dir, found));
    if (values.json) io.out(JSON.stringify(files));
    else for (const path of Object.values(files)) io.out(path);
    return 0;
  },
};
