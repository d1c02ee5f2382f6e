import { visible } from "../approvals/visible.ts";
import { upstreamPath } from "../core/mount.ts";
import type { ConnectionKind } from "../core/target.ts";
import { ReServe } from "../recording/re-serve.ts";
import { startReServing } from "../recording/re-serve-server.ts";
import type { RecordedExchange } from "../recording/read.ts";
import { readArguments } from "./arguments.ts";
import type { Command } from "./command.ts";
import { recordingOptions, recordingUsage } from "./recordings.ts";
import { openOne } from "./sessions-one.ts";
import { stopSignal } from "./shutdown.ts";

/** `sessions serve`: a recorded session as an upstream, on this machine alone, until it is interrupted. */
export const sessionsServe: Command = {
  name: "sessions serve",
  summary: "answer as the upstream did in a recorded session, for tests and trials",
  usage: `ID [--port N] [--speed N|max] [--own] [--again] ${recordingUsage}`,
  run: async (args, io) => {
    const read = readArguments(args, {
      ...recordingOptions,
      port: { type: "string", default: "0" },
      speed: { type: "string", default: "max" },
      own: { type: "boolean", default: false },
      again: { type: "boolean", default: false },
    });
    if (!read.ok) {
      io.err(read.error);
      return 2;
    }
    const { config, port, speed, own, again, json } = read.value.values;
    const rate = speed === "max" ? Number.POSITIVE_INFINITY : Number(speed);
    if (!(rate > 0) || !/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
      io.err("--speed takes a number above zero, or max; --port a number up to 65535.");
      return 2;
    }
    const stopped = stopSignal();
    const opened = await openOne(read.value.positionals[0], config, io);
    if (opened === undefined) return 2;
    const { session: id, recorded, recordings } = opened;
    const { reader } = recordings;
    const session = await ReServe.of(recorded.exchanges, reader, { paths, own, again });
    const told = (line: string): void => io.err(visible(line));
    const serving = await startReServing({
      session,
      reader,
      speed: rate,
      port: Number(port),
      told,
    });
    const { url } = serving;
    const exchanges = recorded.exchanges.length;
    io.out(
      json
        ? JSON.stringify({ url, session: id, exchanges })
        : `${id}: ${exchanges} exchanges at ${url}`,
    );
    await stopped;
    await serving.close();
    return 0;
  },
};

/** As clients of the gateway asked, and as its upstream was asked. */
function paths({ opened }: RecordedExchange): readonly string[] {
  return [opened.path, upstreamPath(opened.connection.kind as ConnectionKind, opened.path)];
}
