import { createWriteStream } from "node:fs";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { listen } from "../assembly/listen.ts";
import { exportForms, exportSession, isExportForm } from "../recording/export/index.ts";
import type { ReadSession, RecordedExchange } from "../recording/read.ts";
import { readArguments } from "./arguments.ts";
import type { Command, Io } from "./command.ts";
import {
  openRecorded,
  type ReadRecordings,
  recordingOptions,
  recordingUsage,
} from "./recordings.ts";
import { version } from "./version-file.ts";

/** `sessions show`: what happened in one session, an exchange a line. */
export const sessionsShow: Command = {
  name: "sessions show",
  summary: "tell what happened in a recorded session, one exchange a line",
  usage: `ID ${recordingUsage}`,
  run: async (args, io) => {
    const read = readArguments(args, recordingOptions);
    if (!read.ok) {
      io.err(read.error);
      return 2;
    }
    const opened = await openOne(read.value.positionals[0], read.value.values.config, io);
    if (opened === undefined) return 2;
    for (const exchange of opened.recorded.exchanges)
      io.out(
        read.value.values.json
          ? JSON.stringify({ ...exchange.opened, entries: exchange.entries })
          : lineOf(exchange),
      );
    return 0;
  },
};

/** `sessions export`: a session in a form that other tools read. */
export const sessionsExport: Command = {
  name: "sessions export",
  summary: "write a recorded session as HAR 1.2, JSON lines, Markdown, OCSF or one HTML page",
  usage: `ID --format ${Object.keys(exportForms).join("|")} [--out FILE] ${recordingUsage}`,
  run: async (args, io) => {
    const read = readArguments(args, {
      ...recordingOptions,
      format: { type: "string", default: "jsonl" },
      out: { type: "string" },
    });
    if (!read.ok) {
      io.err(read.error);
      return 2;
    }
    const { format, out, config } = read.value.values;
    if (!isExportForm(format)) {
      io.err(`There is no format ${format}: use ${Object.keys(exportForms).join(", ")}.`);
      return 2;
    }
    const opened = await openOne(read.value.positionals[0], config, io);
    if (opened === undefined) return 2;
    const { session, recorded, recordings } = opened;
    const { reader } = recordings;
    const parts = exportSession(format, { session, recorded, reader, listen, version });
    if (out === undefined) for await (const part of parts) io.stdout.write(part);
    else
      await pipeline(
        Readable.from(parts),
        createWriteStream(resolve(io.cwd, out), { mode: 0o600 }),
      );
    return 0;
  },
};

/** A session that the command line names, read; absent, and told, where there is none. */
export async function openOne(
  session: string | undefined,
  config: string,
  io: Io,
): Promise<
  | {
      readonly session: string;
      readonly recorded: ReadSession;
      readonly recordings: ReadRecordings;
    }
  | undefined
> {
  if (session === undefined || !/^[\w-]{1,128}$/.test(session)) {
    io.err("Name a session by its id: `sessions list` tells them.");
    return undefined;
  }
  const recordings = openRecorded(config, io);
  const recorded = await recordings?.reader.session(session);
  if (recordings !== undefined && recorded?.ok === true)
    return { session, recorded: recorded.value, recordings };
  if (recorded?.ok === false) io.err(`${recorded.error}.`);
  return undefined;
}

function lineOf({ opened, entries, ended }: RecordedExchange): string {
  const decided = entries.find((entry) => entry.k === "decided");
  const answer = entries.find((entry) => entry.k === "answer");
  const masks = entries.filter((entry) => entry.k === "mask").length;
  return [
    new Date(opened.at).toISOString(),
    opened.record,
    decided?.decision ?? "-",
    String(answer?.status ?? "-"),
    `${opened.method} ${opened.path}`,
    opened.operations.map(({ name, resource }) => `${name} ${resource}`).join("; "),
    ...(masks === 0 ? [] : [`${masks} masked`]),
    ...(entries.some(({ k }) => k === "gap") ? ["GAP"] : []),
    ...(ended ? [] : ["cut"]),
  ].join("  ");
}
