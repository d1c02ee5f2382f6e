import { setTimeout as wait } from "node:timers/promises";
import { visible } from "../approvals/visible.ts";
import { listen } from "../assembly/listen.ts";
import { NewlySaid, type Story, tell } from "../recording/story.ts";
import { readArguments } from "./arguments.ts";
import type { Command, Io } from "./command.ts";
import { recordingOptions, recordingUsage } from "./recordings.ts";
import { openOne } from "./sessions-one.ts";

/** `sessions replay`: plays a session in the terminal, at the speed at which it went or faster. */
export const sessionsReplay: Command = {
  name: "sessions replay",
  summary: "play a recorded session in the terminal, at its own speed or faster",
  usage: `ID [--speed N|max] [--idle SECONDS] ${recordingUsage}`,
  run: async (args, io) => {
    const read = readArguments(args, {
      ...recordingOptions,
      speed: { type: "string", default: "1" },
      idle: { type: "string", default: "2" },
    });
    const speed = read.ok ? speedOf(read.value.values.speed) : undefined;
    if (!read.ok || speed === undefined) {
      io.err(read.ok ? "--speed takes a number above zero, or max." : read.error);
      return 2;
    }
    const opened = await openOne(read.value.positionals[0], read.value.values.config, io);
    if (opened === undefined) return 2;
    const heard = new NewlySaid();
    const longest = Number(read.value.values.idle) * 1000;
    let before: number | undefined;
    for (const exchange of opened.recorded.exchanges) {
      const story = await tell(opened.recordings.reader, exchange, listen);
      const pause = before === undefined ? 0 : Math.max(0, exchange.opened.at - before);
      await rest(Math.min(pause, longest), speed);
      await play(story, heard, { io, speed, longest });
      before = exchange.opened.at + lastOf(exchange.entries);
    }
    return 0;
  },
};

interface Playing {
  readonly io: Io;
  readonly speed: number;
  /** No pause within a session is longer than this, in milliseconds. */
  readonly longest: number;
}

async function play(story: Story, heard: NewlySaid, playing: Playing): Promise<void> {
  const { io } = playing;
  const { opened } = story;
  io.out(
    `\u2500\u2500 ${new Date(opened.at).toISOString()} ${shown(`${opened.method} ${opened.path}`)}`,
  );
  for (const { name, resource } of opened.operations)
    io.out(`   ${shown(`${name} on ${resource}`)}`);
  const said = heard.of(story.said);
  for (const one of said.filter(({ direction }) => direction === "request"))
    await say(one, [], playing);
  for (const entry of story.entries) for (const line of notesOf(entry)) io.out(`   ${line}`);
  const answers = said.filter(({ direction }) => direction === "response");
  const gaps = gapsOf(story.response.times);
  for (const one of answers) await say(one, gaps, playing);
  if (story.said.length === 0) await stream(story, playing);
  if (!story.ended) io.out("   cut: nothing more was recorded");
}

/** What a body shows where nobody speaks: as it came, piece by piece. */
async function stream({ response }: Story, { io, speed, longest }: Playing): Promise<void> {
  let from = 0;
  let before = response.times[0]?.[0] ?? 0;
  for (const [t, to] of response.times) {
    await rest(Math.min(t - before, longest), speed);
    before = t;
    io.stdout.write(shown(response.bytes.subarray(from, to).toString("utf8")));
    from = to;
  }
  if (from > 0) io.out("");
}

async function say(
  { role, part }: Story["said"][number],
  gaps: readonly number[],
  { io, speed, longest }: Playing,
): Promise<void> {
  const text = part.kind === "toolCall" ? `${part.name}(${part.arguments})` : part.text;
  const words = shown(text);
  io.stdout.write(`   ${role}${part.kind === "text" ? "" : ` [${part.kind}]`}: `);
  const size = Math.max(1, Math.ceil(words.length / Math.max(1, gaps.length)));
  for (let at = 0, step = 0; at < words.length; at += size, step++) {
    await rest(Math.min(gaps[step] ?? 0, longest), speed);
    io.stdout.write(words.slice(at, at + size));
  }
  io.out("");
}

/** The milliseconds before each piece. */
function gapsOf(times: Story["response"]["times"]): readonly number[] {
  return times.map(([t], index) => t - (times[index - 1]?.[0] ?? t));
}

/** What is told of an entry, a line each. */
export function notesOf(entry: Story["entries"][number]): readonly string[] {
  switch (entry.k) {
    case "parked":
      return [`waits for approval ${entry.approval}`];
    case "decided":
      return [
        `decided: ${entry.decision}${entry.reason === undefined ? "" : `: ${shown(entry.reason)}`}`,
      ];
    case "mask":
      return [
        `masked in the ${entry.dir}: ${entry.rule} ${entry.fingerprint} (${shown(entry.channel)} ${entry.offset}+${entry.length})`,
      ];
    case "answer":
      return [`answer ${entry.status} by the ${entry.by}, ${entry.t} ms`];
    case "gap":
      return [`GAP: ${entry.bytes} bytes of the ${entry.dir} are not here`];
    case "over":
      return entry.left === undefined || entry.bytes === 0
        ? []
        : [`${entry.dir}: ${entry.bytes} bytes, not kept (${entry.left})`];
    case "open":
    case "end":
      return [];
  }
}

function lastOf(entries: Story["entries"]): number {
  return Math.max(0, ...entries.map((entry) => ("t" in entry ? entry.t : 0)));
}

/** Control characters of a recording never reach the terminal; line breaks do. */
export function shown(text: string): string {
  return text.split("\n").map(visible).join("\n");
}

function speedOf(text: string): number | undefined {
  if (text === "max") return Number.POSITIVE_INFINITY;
  const speed = Number(text);
  return speed > 0 ? speed : undefined;
}

async function rest(ms: number, speed: number): Promise<void> {
  if (ms > 0 && Number.isFinite(speed)) await wait(ms / speed);
}
