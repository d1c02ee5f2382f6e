import type { Part, Said } from "../../core/said.ts";
import type { Listener } from "../said/body.ts";
import { readSaid } from "../said/body.ts";
import { listOf, objectOf, textOf } from "../said/members.ts";
import type { Piece } from "../said/pieces.ts";
import type { Conversation, Heed } from "../said/reader.ts";
import { isObject, type JsonObject } from "../strict-json.ts";
import { itemParts } from "./said-item.ts";
import { contentParts, messageParts } from "./said-message.ts";
import { type Assembly, assembleBlocks, assembleChoices, assembleItems } from "./said-stream.ts";

/** What both halves of an exchange know of it. */
interface Thread {
  turn: number;
  model?: string;
  responseId?: string;
}

/**
 * Listens to one model call. As with the lenses, every dialect is understood wherever it turns up: an answer says
 * itself which one it is in.
 */
export function listenToModel(heed: Heed = "all"): Conversation {
  const thread: Thread = { turn: 0 };
  const object = (body: JsonObject): readonly Said[] =>
    heed === "all" ? asked(body, thread) : counted(body, thread);
  return {
    request: (fields) => readSaid(fields, { object, end: () => [] }),
    response: ({ fields }) => readSaid(fields, answerListener(thread, heed)),
  };
}

function asked(body: JsonObject, thread: Thread): readonly Said[] {
  if (typeof body["model"] === "string") thread.model = body["model"];
  const instructions = contentParts(body["system"] ?? body["instructions"]);
  const { messages, items } = turnsOf(body);
  return [
    ...said(thread, "request", "system", instructions).map(asSystem),
    ...messages.flatMap((message) => spoken(message, messageParts(message), thread)),
    ...items.flatMap((item) => spoken(item, itemParts(item), thread)),
  ];
}

/** Whatever its kind. */
function asSystem(one: Said): Said {
  return { ...one, role: "system" };
}

/** The same for who knows it already: how often a person has spoken, and nothing of what was said. */
function counted(body: JsonObject, thread: Thread): readonly Said[] {
  if (typeof body["model"] === "string") thread.model = body["model"];
  const { messages, items } = turnsOf(body);
  const byUser = (from: JsonObject): boolean => roleOf(from) === "user";
  for (const message of messages.filter(byUser)) countTurn("user", messageParts(message), thread);
  for (const item of items.filter(byUser)) countTurn("user", itemParts(item), thread);
  return [];
}

/** What a question tells again of the conversation, as messages of chat or as items of the Responses API. */
function turnsOf(body: JsonObject) {
  const { prompt, input } = body;
  const prompts = typeof prompt === "string" ? [{ role: "user", content: prompt }] : [];
  const messages: readonly JsonObject[] = [...listOf(body, "messages"), ...prompts];
  const items: readonly JsonObject[] =
    typeof input === "string" ? [{ role: "user", content: input }] : listOf(body, "input");
  return { messages, items };
}

function spoken(from: JsonObject, parts: readonly Part[], thread: Thread): readonly Said[] {
  const role = roleOf(from);
  countTurn(role, parts, thread);
  return said(thread, "request", role, parts);
}

/** Anthropic's tool results come as the user's message, and nobody has spoken. */
function countTurn(role: Said["role"], parts: readonly Part[], thread: Thread): void {
  if (role === "user" && parts.some(({ kind }) => kind !== "toolResult")) thread.turn++;
}

function roleOf(from: JsonObject): Said["role"] {
  switch (from["role"]) {
    case "system":
    case "developer":
      return "system";
    case "user":
      return "user";
    case "tool":
    case "function":
      return "tool";
    default:
      return "assistant";
  }
}

const nothingSaid: readonly never[] = [];

function answerListener(thread: Thread, heed: Heed): Listener {
  let assembly: Assembly | undefined;
  let piece: Piece | undefined;
  return {
    object(value) {
      piece = undefined;
      learn(value, thread);
      const whole = wholeAnswer(value, heed);
      if (whole) return answered(thread, heed, whole);
      assembly ??= assemblyFor(value, heed);
      const parts = assembly?.event(value) ?? nothingSaid;
      piece = assembly?.piece;
      return answered(thread, heed, parts);
    },
    get piece() {
      return piece;
    },
    end: () => answered(thread, heed, assembly?.rest() ?? nothingSaid),
  };
}

function answered(thread: Thread, heed: Heed, parts: readonly Part[]): readonly Said[] {
  if (parts.length === 0) return nothingSaid;
  const heard = heed === "all" ? parts : parts.filter(isCode);
  return said(thread, "response", "assistant", heard);
}

function isCode({ kind }: Part): boolean {
  return kind === "code" || kind === "toolCall";
}

/** Who answers, and under which id: at the top of chat's chunks, one deeper in the events of the other two. */
function learn(value: JsonObject, thread: Thread): void {
  learnAt(value, thread);
  learnAt(value["response"], thread);
  learnAt(value["message"], thread);
}

function learnAt(place: unknown, thread: Thread): void {
  if (!isObject(place)) return;
  const { model, id } = place;
  if (typeof model !== "string") return;
  if (model !== "") thread.model = model;
  if (typeof id === "string" && id !== "") thread.responseId = id;
}

/** The parts of an answer that came in one piece; nothing where this is an event of a stream. */
function wholeAnswer(value: JsonObject, heed: Heed): readonly Part[] | undefined {
  if (Array.isArray(value["output"]))
    return listOf(value, "output").flatMap((item) => itemParts(item, heed));
  if (value["type"] === "message") return messageParts(value, heed);
  if (textOf(value, "object").endsWith(".chunk")) return undefined;
  const choices = listOf(value, "choices");
  const streamed = choices.some((choice) => "delta" in choice);
  // A streamed completion looks like a whole one; putting one chunk together gives the same.
  if (streamed || !choices.some((choice) => "message" in choice)) return undefined;
  return choices.flatMap((choice) => messageParts(objectOf(choice, "message"), heed));
}

function assemblyFor(value: JsonObject, heed: Heed): Assembly | undefined {
  if (Array.isArray(value["choices"])) return assembleChoices(heed);
  const type = textOf(value, "type");
  if (type.startsWith("response.")) return assembleItems(heed);
  return /^(message|content_block)_/.test(type) ? assembleBlocks(heed) : undefined;
}

/** Parts that came from one; what a tool gave is the tool's. */
function said(
  { turn, model, responseId }: Thread,
  direction: Said["direction"],
  role: Said["role"],
  parts: readonly Part[],
): readonly Said[] {
  const about = {
    direction,
    turn,
    ...(model === undefined ? {} : { model }),
    ...(responseId === undefined || direction === "request" ? {} : { responseId }),
  };
  const all: Said[] = [];
  for (const part of parts)
    all.push({ ...about, role: part.kind === "toolResult" ? "tool" : role, part });
  return all;
}
