import { isNonEmpty, type NonEmpty } from "../../base/non-empty.ts";
import { err, ok, type Result } from "../../base/result.ts";
import { readPacket } from "./pkt-line.ts";

/** One line of a push: move `ref` from `old` to `new`; an id of zeros means that there is none. */
export interface Command {
  readonly old: string;
  readonly new: string;
  readonly ref: string;
}

/** What stands before the pack in a `git-receive-pack` request (gitprotocol-pack, "Reference Update Request"). */
export interface PushHead {
  readonly commands: NonEmpty<Command>;
  readonly capabilities: ReadonlySet<string>;
  readonly shallow: readonly string[];
  readonly options: readonly string[];
  /** Where the pack begins. */
  readonly packAt: number;
}

/** The longest head that is read, in bytes: some ten thousand commands. */
export const headLimit = 2 * 1024 * 1024;

const utf8 = new TextDecoder("utf-8", { fatal: true });

interface Draft {
  readonly commands: Command[];
  readonly capabilities: Set<string>;
  readonly shallow: string[];
}

/** Reads the head of a push from what has come so far; `undefined` while more is needed. */
export function readPushHead(bytes: Uint8Array): Result<PushHead> | undefined {
  const draft: Draft = { commands: [], capabilities: new Set(), shallow: [] };
  let at = 0;
  for (;;) {
    const read = readPacket(bytes, at);
    if (read.kind === "more") return tooLong(bytes);
    if (read.kind === "flush") return readOptions(bytes, read.next, draft);
    if (read.kind !== "line") return err("the push is not made of pkt-lines");
    const trouble = addLine(draft, read.payload);
    if (trouble !== undefined) return err(trouble);
    at = read.next;
  }
}

function tooLong(bytes: Uint8Array): Result<PushHead> | undefined {
  return bytes.length > headLimit ? err("the push has too many commands to be judged") : undefined;
}

/** Push options follow in a second list where the client negotiated them. */
function readOptions(bytes: Uint8Array, from: number, draft: Draft): Result<PushHead> | undefined {
  const options: string[] = [];
  let at = from;
  while (draft.capabilities.has("push-options")) {
    const read = readPacket(bytes, at);
    if (read.kind === "more") return tooLong(bytes);
    if (read.kind !== "line" && read.kind !== "flush") return err("the push options are malformed");
    at = read.next;
    if (read.kind === "flush") break;
    const option = decode(read.payload);
    if (option === undefined) return err("a push option is not valid UTF-8");
    options.push(option);
  }
  const { commands } = draft;
  return isNonEmpty(commands)
    ? ok({ ...draft, commands, options, packAt: at })
    : err("the push has no commands");
}

function addLine(draft: Draft, payload: Uint8Array): string | undefined {
  const text = decode(payload);
  if (text === undefined) return "a push command is not valid UTF-8";
  const nul = text.indexOf("\0");
  const line = nul === -1 ? text.replace(/\n$/, "") : text.slice(0, nul);
  if (nul !== -1)
    for (const capability of text
      .slice(nul + 1)
      .trim()
      .split(/\s+/))
      if (capability !== "") draft.capabilities.add(capability);
  const shallow = /^shallow ([0-9a-f]{40}|[0-9a-f]{64})$/.exec(line)?.[1];
  if (shallow !== undefined) {
    draft.shallow.push(shallow);
    return undefined;
  }
  if (line.startsWith("push-cert")) return "signed pushes are not accepted here";
  const command = readCommand(line);
  if (command === undefined) return "a push command is malformed";
  draft.commands.push(command);
  return undefined;
}

function readCommand(line: string): Command | undefined {
  const match = /^([0-9a-f]{40}|[0-9a-f]{64}) ([0-9a-f]{40}|[0-9a-f]{64}) (refs\/\S+)$/.exec(line);
  const [, old, next, ref] = match ?? [];
  if (old === undefined || next === undefined || ref === undefined) return undefined;
  if (old.length !== next.length || !isRefName(ref)) return undefined;
  return { old, new: next, ref };
}

/** The rules of git-check-ref-format that keep a ref from being read in two ways. */
export function isRefName(ref: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control bytes are what it looks for
  if (/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|\.$|\/$/.test(ref)) return false;
  return ref.split("/").every((part) => !part.startsWith(".") && !part.endsWith(".lock"));
}

function decode(payload: Uint8Array): string | undefined {
  try {
    return utf8.decode(payload);
  } catch {
    return undefined;
  }
}

/** Whether that id stands for "no object". */
export function isZero(id: string): boolean {
  return /^0+$/.test(id);
}
