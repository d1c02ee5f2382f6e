import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { err, ok, type Result } from "../base/result.ts";
import { pieceText } from "../recording/entry.ts";
import { ageDecrypt } from "../recording/keys.ts";
import { readRaw } from "../recording/raw-reader.ts";
import {
  type CallerOptions,
  callApi,
  callerOptions,
  callerUsage,
  openStream,
  refused,
} from "./approvals-client.ts";
import { readArguments } from "./arguments.ts";
import type { Command, ExitStatus, Io } from "./command.ts";

const stepView = z.object({
  step: z.enum(["unlock", "read"]),
  keys: z.array(z.object({ part: z.string(), key: z.string() })),
  until: z.number(),
});
type Step = z.output<typeof stepView>;

/** One person's part in it: whose identity this is, of which session, and how to reach the gateway. */
interface Part {
  readonly session: string;
  readonly identity: string;
  readonly caller: CallerOptions;
  readonly io: Io;
}

/** `sessions raw`: run by two people, one after the other, each with an identity that never leaves their machine. */
export const sessionsRaw: Command = {
  name: "sessions raw",
  summary:
    "open an unmasked recording: one person takes off its outer lock, another reads; both are on record",
  usage: `ID --identity FILE --reason TEXT ${callerUsage}`,
  run: async (args, io) => {
    const read = readArguments(args, {
      ...callerOptions,
      identity: { type: "string" },
      reason: { type: "string" },
    });
    if (!read.ok) return usage(io, read.error);
    const { identity: file, reason, ...caller } = read.value.values;
    const session = read.value.positionals[0] ?? "";
    if (!/^[\w-]{1,128}$/.test(session) || file === undefined || reason === undefined)
      return usage(io, "Name a session, an age identity with --identity, and a --reason");
    const identity = await readFile(resolve(io.cwd, file), "utf8").catch(() => undefined);
    if (identity === undefined) return usage(io, `${file} cannot be read`);
    const answer = await callApi(`/${session}/raw`, caller, io, { reason }, "sessions");
    const no = refused(answer, io);
    if (no !== undefined || !answer.ok) return no ?? 2;
    const step = stepView.parse(answer.value.body);
    const part = { session, identity, caller, io };
    return step.step === "unlock" ? unlock(step, part) : show(step, part);
  },
};

/** Takes the outer lock off every key, here, and brings what is in it, which the inner lock keeps, to the gateway. */
async function unlock({ keys, until }: Step, part: Part): Promise<ExitStatus> {
  const { session, caller, io } = part;
  const halves = await opened(keys, part.identity);
  if (!halves.ok) return no(io, `${halves.error}: is it one of recording.raw.second?`);
  const answer = await callApi(
    `/${session}/raw/keys`,
    caller,
    io,
    {
      keys: halves.value.map(({ part: name, key }) => ({
        part: name,
        key: key.toString("base64"),
      })),
    },
    "sessions",
  );
  const status = refused(answer, io);
  if (status !== undefined) return status;
  const time = new Date(until).toISOString();
  io.out(
    `The outer lock is off. Until ${time}, somebody else with the inner one's identity may run the same command.`,
  );
  return 0;
}

async function show({ keys }: Step, part: Part): Promise<ExitStatus> {
  const { session, caller, io } = part;
  const opener = await opened(keys, part.identity);
  if (!opener.ok) return no(io, `${opener.error}: is it one of recording.raw.first?`);
  for (const { part: name, key } of opener.value) {
    const path = `sessions/${session}/raw/${name}`;
    const signal = AbortSignal.timeout(600_000);
    const stream = await openStream(path, caller, { io, signal });
    if (!(stream instanceof ReadableStream)) return refused(stream, io) ?? 2;
    const bytes = Buffer.from(await new Response(stream).arrayBuffer());
    const pieces = readRaw({ session, part: name, key }, bytes);
    if (!pieces.ok) return no(io, pieces.error);
    for (const { exchange, direction, t, bytes: body } of pieces.value)
      io.out(JSON.stringify({ part: name, exchange, direction, t, text: pieceText(body) }));
  }
  return 0;
}

async function opened(
  keys: Step["keys"],
  identity: string,
): Promise<Result<readonly { readonly part: string; readonly key: Buffer }[]>> {
  const all: { readonly part: string; readonly key: Buffer }[] = [];
  for (const { part, key } of keys) {
    const inside = await ageDecrypt(Buffer.from(key, "base64"), identity);
    if (!inside.ok) return err("this identity does not open it");
    all.push({ part, key: inside.value });
  }
  return ok(all);
}

function usage(io: Io, sentence: string): ExitStatus {
  io.err(`${sentence}.`);
  return 2;
}

function no(io: Io, sentence: string): ExitStatus {
  io.err(sentence);
  return 1;
}
