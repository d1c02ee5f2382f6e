import { recordingShelves } from "../assembly/recording-shelf.ts";
import { find, type Wanted } from "../recording/find.ts";
import { readSummaries } from "../recording/session-index.ts";
import { together } from "../recording/several.ts";
import type { Shelf } from "../recording/shelf.ts";
import { newestOf, type Summaries } from "../recording/summaries.ts";
import type { Summary } from "../recording/summary.ts";
import { readArguments } from "./arguments.ts";
import type { Command } from "./command.ts";
import { openConfig } from "./config-file.ts";
import { recordingOptions, recordingUsage } from "./recordings.ts";

/** `sessions list`: what was recorded, newest first. */
export const sessionsList: Command = {
  name: "sessions list",
  summary: "list recorded sessions, newest first",
  usage: `[--search WORDS] [--decision allow|deny|approve|error] [--masked] [--limit N] ${recordingUsage}`,
  run: async (args, io) => {
    const read = readArguments(args, {
      ...recordingOptions,
      search: { type: "string" },
      decision: { type: "string" },
      masked: { type: "boolean", default: false },
      limit: { type: "string", default: "50" },
    });
    if (!read.ok) {
      io.err(read.error);
      return 2;
    }
    const { config: file, json, search, decision, masked, limit } = read.value.values;
    const config = openConfig(file, io);
    if (config === undefined) return 2;
    const wanted: Wanted = {
      limit: Number(limit),
      ...(search === undefined ? {} : { words: search }),
      ...(decision === undefined ? {} : { decision }),
      ...(masked ? { masked } : {}),
    };
    const shelves = recordingShelves(config, io.env);
    if (!shelves.ok) {
      io.err(`${shelves.error}.`);
      return 2;
    }
    const { sessions } = find(await summariesOf(shelves.value), wanted);
    if (json) io.out(JSON.stringify({ sessions }));
    else for (const summary of sessions) io.out(lineOf(summary));
    return 0;
  },
};

/** What all processes have recorded, the parts of a session as one. */
async function summariesOf(shelves: readonly Shelf[]): Promise<Pick<Summaries, "newest">> {
  const read = await Promise.all(shelves.map(({ index }) => readSummaries(index)));
  const [only, ...others] = read;
  if (only !== undefined && others.length === 0) return only;
  const all = read.flatMap((one) => [...one.all()]);
  const sessions = Map.groupBy(all, ({ session }) => session);
  return newestOf([...sessions.values()].flatMap((parts) => together(parts, []) ?? []));
}

function lineOf(summary: Summary): string {
  const { session, from, state, exchanges, principal, repository, decisions, masks } = summary;
  const words = Object.entries(decisions).map(([word, count]) => `${count} ${word}`);
  const masked = Object.values(masks).reduce((sum, count) => sum + count, 0);
  return [
    new Date(from).toISOString(),
    session,
    state,
    repository ?? principal,
    `${exchanges} exchanges (${words.join(", ")})`,
    ...(masked === 0 ? [] : [`${masked} masked`]),
    ...(summary.gaps === 0 ? [] : [`${summary.gaps} gaps`]),
    ...(summary.hold === undefined ? [] : ["on hold"]),
  ].join("  ");
}
