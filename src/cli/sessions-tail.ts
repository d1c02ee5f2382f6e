import type { Entry, PieceText } from "../recording/entry.ts";
import {
  type CallerOptions,
  callerOptions,
  callerUsage,
  openStream,
  refused,
} from "./approvals-client.ts";
import { readArguments } from "./arguments.ts";
import type { Command, ExitStatus, Io } from "./command.ts";
import { notesOf, shown } from "./sessions-replay.ts";

/** `sessions tail`: what is recorded of a running session, as it happens; asked of the gateway that records it. */
export const sessionsTail: Command = {
  name: "sessions tail",
  summary: "watch a running session as it is recorded, masked; the look is on record",
  usage: `ID ${callerUsage}`,
  run: async (args, io) => {
    const read = readArguments(args, callerOptions);
    const session = read.ok ? read.value.positionals[0] : undefined;
    if (!read.ok || session === undefined || !/^[\w-]{1,128}$/.test(session)) {
      io.err(read.ok ? "Name a session by its id: `sessions list` tells them." : read.error);
      return 2;
    }
    return watch(session, read.value.values, io);
  },
};

async function watch(
  session: string,
  options: CallerOptions & { readonly json?: boolean | undefined },
  io: Io,
): Promise<ExitStatus> {
  const stop = new AbortController();
  const { signal } = stop;
  for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => stop.abort());
  const opened = await openStream(`sessions/${session}/tail`, options, { io, signal });
  if (!(opened instanceof ReadableStream)) return refused(opened, io) ?? 2;
  io.err(`Watching ${session}, from now on.`);
  const show = options.json === true ? jsonLines(io) : lines(io);
  try {
    for await (const event of eventsIn(opened)) show(event);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (signal.aborted) return 0;
  io.err("The gateway ended the stream: it was restarted, or asks anew who you are.");
  return 1;
}

/** What the stream tells: an entry, or a piece of a body, of the exchange with that record. */
type Told =
  | ({ readonly event: "entry"; readonly record: string } & Entry)
  | {
      readonly event: "piece";
      readonly record: string;
      readonly dir: "request" | "response";
      readonly text: PieceText;
    };

/** Events of the WHATWG format, as our own API writes them: `event` and one line of `data`. */
async function* eventsIn(stream: ReadableStream<Uint8Array>): AsyncGenerator<Told> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    const blocks = rest.split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const [, event] = /^event: (.*)$/m.exec(block) ?? [];
      const [, data] = /^data: (.*)$/m.exec(block) ?? [];
      if (event !== undefined && data !== undefined) yield { event, ...JSON.parse(data) } as Told;
    }
  }
}

function jsonLines(io: Io): (told: Told) => void {
  return (told) => io.out(JSON.stringify(told));
}

function lines(io: Io): (told: Told) => void {
  const text = new TailText(io);
  return (told) => (told.event === "entry" ? text.entry(told) : text.piece(told));
}

/** Bodies as they come, with the exchange named wherever another one speaks. */
class TailText {
  readonly #io: Io;
  #speaking = "";

  constructor(io: Io) {
    this.#io = io;
  }

  entry(entry: Extract<Told, { event: "entry" }>): void {
    if (entry.k === "open") this.#line(entry.record, shown(`${entry.method} ${entry.path}`));
    for (const note of notesOf(entry)) this.#line(entry.record, note);
  }

  piece({ record, dir, text }: Extract<Told, { event: "piece" }>): void {
    const speaker = `${record} ${dir}`;
    if (speaker !== this.#speaking) this.#line(record, dir === "request" ? ">" : "<");
    this.#speaking = speaker;
    this.#io.stdout.write(typeof text === "string" ? shown(text) : "…");
  }

  #line(record: string, text: string): void {
    if (this.#speaking !== "") this.#io.stdout.write("\n");
    this.#speaking = "";
    this.#io.out(`${record.slice(-6)}  ${text}`);
  }
}
