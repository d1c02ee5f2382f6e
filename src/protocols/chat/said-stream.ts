import type { Part } from "../../core/said.ts";
import { listOf, numberOf, objectOf, textOf } from "../said/members.ts";
import { Adding, type Piece, Pieces } from "../said/pieces.ts";
import type { Heed } from "../said/reader.ts";
import { isObject, type JsonObject } from "../strict-json.ts";
import { itemParts } from "./said-item.ts";
import { blockParts, messageParts } from "./said-message.ts";

/** Puts the pieces of one streamed answer together. */
export interface Assembly {
  /** The parts that this event completes. */
  event(event: JsonObject): readonly Part[];
  /** The piece that the latest event brought, where that was one and all. */
  readonly piece: Piece | undefined;
  /** What no event has completed, as far as it came. */
  rest(): readonly Part[];
}

const none: readonly Part[] = [];

type Call = { id?: string; name: string; readonly arguments: Pieces };
type Choice = {
  readonly text: Pieces;
  readonly content: Pieces;
  readonly reasoning: Pieces;
  readonly refusal: Pieces;
  readonly calls: Map<number, Call>;
};

/** Chat completions and completions: a choice is complete when the stream is. */
export function assembleChoices(heed: Heed): Assembly {
  const choices = new Map<number, Choice>();
  const adding = new Adding();
  return {
    event(event) {
      adding.begin();
      for (const piece of listOf(event, "choices")) {
        const index = numberOf(piece, "index");
        const choice = choices.get(index) ?? noChoice();
        choices.set(index, choice);
        const delta = objectOf(piece, "delta");
        // Copilot sends whole messages in chunks of their own.
        const { message } = piece;
        addTo(choice, piece, isObject(message) ? { ...message, ...delta } : delta, adding);
      }
      return none;
    },
    get piece() {
      return adding.only;
    },
    rest: () => [...choices.values()].flatMap((choice) => choiceParts(choice, heed)),
  };
}

function noChoice(): Choice {
  const [text, content, reasoning, refusal] = [
    new Pieces(),
    new Pieces(),
    new Pieces(),
    new Pieces(),
  ];
  return { text, content, reasoning, refusal, calls: new Map() };
}

function addTo(choice: Choice, piece: JsonObject, delta: JsonObject, adding: Adding): void {
  adding.add(choice.text, piece, "text");
  adding.add(choice.content, delta, "content");
  if (!adding.add(choice.reasoning, delta, "reasoning_text"))
    adding.add(choice.reasoning, delta, "reasoning_content");
  adding.add(choice.refusal, delta, "refusal");
  const legacy = objectOf(delta, "function_call");
  const calls: readonly JsonObject[] =
    "function_call" in delta ? [{ index: 0, function: legacy }] : listOf(delta, "tool_calls");
  for (const piece of calls) {
    const index = numberOf(piece, "index");
    const call = choice.calls.get(index) ?? { name: "", arguments: new Pieces() };
    choice.calls.set(index, call);
    const named = { ...objectOf(piece, "function"), ...objectOf(piece, "custom") };
    call.name ||= textOf(named, "name");
    adding.add(call.arguments, named, "arguments");
    adding.add(call.arguments, named, "input");
    if (typeof piece["id"] === "string") call.id ??= piece["id"];
  }
}

function choiceParts(
  { text, content, reasoning, refusal, calls }: Choice,
  heed: Heed,
): readonly Part[] {
  const ghost: readonly Part[] =
    text.text === "" ? [] : [{ kind: "code", text: text.text, info: "" }];
  const tool_calls = [...calls.values()].map(({ id, name, arguments: given }) => ({
    ...(id === undefined ? {} : { id }),
    function: { name, arguments: given.text },
  }));
  const said = { content: content.text, reasoning_text: reasoning.text, refusal: refusal.text };
  return [...ghost, ...messageParts({ ...said, tool_calls }, heed)];
}

/** Anthropic Messages: a block is complete at its `content_block_stop`. */
export function assembleBlocks(heed: Heed): Assembly {
  const open = new Map<number, { block: JsonObject; text: Pieces }>();
  const adding = new Adding();
  const close = (index: number): readonly Part[] => {
    const held = open.get(index);
    open.delete(index);
    return held ? blockParts(withText(held.block, held.text.text), heed) : none;
  };
  return {
    event(event) {
      adding.begin();
      const index = numberOf(event, "index");
      if (event["type"] === "content_block_start")
        open.set(index, { block: objectOf(event, "content_block"), text: new Pieces() });
      const held = open.get(index);
      const delta = objectOf(event, "delta");
      if (event["type"] === "content_block_delta" && held)
        for (const name of ["text", "partial_json", "thinking"]) adding.add(held.text, delta, name);
      return event["type"] === "content_block_stop" ? close(index) : none;
    },
    get piece() {
      return adding.only;
    },
    rest: () => [...open.keys()].flatMap(close),
  };
}

function withText(block: JsonObject, text: string): JsonObject {
  if (text === "") return block;
  switch (block["type"]) {
    case "text":
      return { ...block, text: textOf(block, "text") + text };
    case "thinking":
      return { ...block, thinking: textOf(block, "thinking") + text };
    default:
      return { ...block, input: text };
  }
}

/** Responses: an item is complete at its `output_item.done`, or when the whole response is repeated at the end. */
export function assembleItems(heed: Heed): Assembly {
  const open = new Map<number, { item: JsonObject; text: Pieces }>();
  const adding = new Adding();
  const done = new Set<number>();
  const complete = (index: number, item: JsonObject): readonly Part[] => {
    open.delete(index);
    if (done.has(index)) return none;
    done.add(index);
    return itemParts(item, heed);
  };
  return {
    event(event) {
      adding.begin();
      const type = textOf(event, "type");
      const index = numberOf(event, "output_index");
      if (type === "response.output_item.added")
        open.set(index, { item: objectOf(event, "item"), text: new Pieces() });
      const held = open.get(index);
      if (type.endsWith(".delta") && held) adding.add(held.text, event, "delta");
      if (type === "response.output_item.done") return complete(index, objectOf(event, "item"));
      const whole = listOf(objectOf(event, "response"), "output");
      return ends.has(type) ? whole.flatMap((item, at) => complete(at, item)) : none;
    },
    get piece() {
      return adding.only;
    },
    rest: () =>
      [...open].flatMap(([index, { item, text }]) =>
        complete(index, asFarAsItCame(item, text.text)),
      ),
  };
}

const ends = new Set(["response.completed", "response.incomplete", "response.failed"]);

function asFarAsItCame(item: JsonObject, text: string): JsonObject {
  if (text === "") return item;
  const pieces = [{ type: "output_text", text }];
  if (item["type"] === "message") return { ...item, content: pieces };
  if (item["type"] === "reasoning") return { ...item, summary: pieces };
  const name = { custom_tool_call: "input", code_interpreter_call: "code" }[textOf(item, "type")];
  return { ...item, [name ?? "arguments"]: text };
}
