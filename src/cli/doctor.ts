import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { examine } from "../doctor/examine.ts";
import { readArguments } from "./arguments.ts";
import type { Command, ExitStatus, Io } from "./command.ts";

/** From the runner's side: whether a client here gets through, and if not, why, in one sentence. */
export const doctor: Command = {
  name: "doctor",
  summary: "check from a runner each hop, certificate, identity and one harmless call",
  usage: "[--gateway URL] [--forward URL] [--ca FILE] [--token-file FILE] [--json]",
  async run(args, io) {
    const read = readArguments(args, {
      gateway: { type: "string" },
      forward: { type: "string" },
      ca: { type: "string" },
      "token-file": { type: "string" },
      json: { type: "boolean", default: false },
    });
    if (!read.ok) {
      io.err(read.error);
      return 2;
    }
    const { "token-file": file, json, ca, ...asked } = read.value.values;
    const token = file === undefined ? undefined : readToken(resolve(io.cwd, file));
    if (file !== undefined && token === undefined) {
      io.err(`The token's file ${file} cannot be read.`);
      return 1;
    }
    const authority = ca === undefined ? {} : { ca: resolve(io.cwd, ca) };
    return tell(examine({ ...asked, ...authority, token }, io.env, Date.now), json, io);
  },
};

async function tell(steps: ReturnType<typeof examine>, json: boolean, io: Io): Promise<ExitStatus> {
  let well = true;
  for await (const step of steps) {
    well &&= step.ok;
    if (json) io.out(JSON.stringify(step));
    else if (step.ok) io.out(`ok    ${step.check}: ${step.says}`);
    else io.err(`FAULT ${step.check}: ${step.says}`);
  }
  return well ? 0 : 1;
}

function readToken(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}
