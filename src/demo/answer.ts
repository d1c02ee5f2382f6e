import { plantedSecret } from "./secret.ts";
import { cut, isRecord } from "./visit.ts";

/** What the demo model will say, cut into the pieces that it is streamed in. */
export interface Answer {
  /** `text`: in the message; `tool`: as the arguments of a tool call. */
  readonly kind: "text" | "tool";
  /** The tool that it calls; `bash` unless told. */
  readonly tool?: string;
  readonly pieces: readonly string[];
  /** What it thinks before, in pieces; where the API has a place for that. */
  readonly thinking?: readonly string[];
  /** Bytes per write on the wire; 0: one event, one write. */
  readonly write: number;
}

/**
 * Thinks up an answer. A prompt that asks for a secret, token, key, password or credential gets the planted one,
 * cut across two pieces; one to "run the command `…`" gets a call of the tool that runs it. The request's `metadata` (a field that every model API knows) steers tests:
 * `demo_cut` where the secret is cut, `demo_piece` characters per piece, `demo_write` bytes per write,
 * `demo_kind: tool`, `demo_text` the text to say instead, `demo_thinking` what it thinks before (Anthropic's API), where `{secret}` stands for the planted one. A line of the prompt such as `demo-call create {"path":…}` is
 * answered with that call of a tool, for clients that send no metadata.
 */
export function answer(request: Readonly<Record<string, unknown>>): Answer {
  const metadata = isRecord(request["metadata"]) ? request["metadata"] : {};
  const prompt = lastPrompt(request);
  const called = /demo-call (\w+) (\{.*\})/.exec(prompt);
  if (called?.[1] !== undefined && called[2] !== undefined)
    return { kind: "tool", tool: called[1], pieces: cut(called[2], 40), write: 0 };
  const said = metadata["demo_text"];
  const command = /run the command `([^`]{1,200})`/i.exec(prompt)?.[1];
  const kind = metadata["demo_kind"] === "tool" || command !== undefined ? "tool" : "text";
  const text = typeof said === "string" ? said : say(prompt, kind, command);
  const thought = metadata["demo_thinking"];
  return {
    kind,
    pieces: split(text, metadata),
    write: count(metadata["demo_write"]) ?? 0,
    ...(typeof thought === "string"
      ? { thinking: split(thought.replaceAll("{secret}", plantedSecret), metadata) }
      : {}),
  };
}

function say(prompt: string, kind: Answer["kind"], command = "ls"): string {
  const asked = /secret|token|key|password|credential/i.test(prompt);
  if (kind === "tool")
    return JSON.stringify({
      command: asked ? `export GH_TOKEN=${plantedSecret} && gh api user` : command,
      description: "Does what was asked",
    });
  return asked
    ? `The deploy job reads it from the environment: GH_TOKEN=${plantedSecret}. Keep it out of the code.`
    : `You asked: ${prompt.slice(0, 200)} — I would start with a failing test.`;
}

function split(text: string, metadata: Readonly<Record<string, unknown>>): readonly string[] {
  const size = count(metadata["demo_piece"]);
  if (size !== undefined) return cut(text, Math.max(1, size));
  const at = text.indexOf(plantedSecret);
  if (at < 0) return text.match(/\S+\s*/g) ?? [text];
  const middle = at + Math.min(count(metadata["demo_cut"]) ?? 17, plantedSecret.length);
  return [text.slice(0, at), text.slice(at, middle), text.slice(middle)].filter(
    (piece) => piece !== "",
  );
}

function count(value: unknown): number | undefined {
  const number = typeof value === "string" ? Number.parseInt(value, 10) : value;
  return typeof number === "number" && Number.isSafeInteger(number) && number >= 0
    ? number
    : undefined;
}

/** The text of the last message: a string, or an object or a list of parts that hold one. */
function lastPrompt(request: Readonly<Record<string, unknown>>): string {
  const messages = request["messages"] ?? request["input"] ?? request["prompt"] ?? "";
  return textOf(Array.isArray(messages) ? messages.at(-1) : messages);
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(textOf).join(" ");
  return isRecord(value) ? textOf(value["content"] ?? value["text"] ?? "") : "";
}
