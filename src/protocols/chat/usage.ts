import type { ModelUse } from "../../core/record.ts";
import { isObject, type JsonObject } from "../strict-json.ts";

type Draft = { -readonly [Name in keyof ModelUse]: ModelUse[Name] };

/**
 * What one answer, or one event of a streamed one, says of itself, in any dialect. It is looked for only where the
 * dialects have it, so that nothing in what a model wrote (the arguments of a tool call) can pass for it.
 */
export function useIn(event: JsonObject): ModelUse {
  const use: Draft = {};
  // At the top of chat's answers and Anthropic's; one deeper in the events of Anthropic and of the Responses API.
  for (const place of [event, event["message"], event["response"]])
    if (isObject(place)) readPlace(place, use);
  const { delta } = event;
  if (isObject(delta)) readReasons([delta["stop_reason"]], use);
  return use;
}

function readPlace(place: JsonObject, use: Draft): void {
  const { model, id, usage, choices, status } = place;
  if (typeof model === "string" && model !== "") {
    use.name = model;
    if (typeof id === "string" && id !== "") use.responseId = id;
  }
  if (isObject(usage)) readTokens(usage, use);
  if (Array.isArray(choices))
    readReasons(
      choices.map((choice: unknown) => member(choice, "finish_reason")),
      use,
    );
  readReasons([place["stop_reason"]], use);
  if (place["object"] === "response" && status !== "in_progress")
    readReasons([member(place["incomplete_details"], "reason") ?? status], use);
}

function readReasons(reasons: readonly unknown[], use: Draft): void {
  const words = reasons.filter((reason) => typeof reason === "string" && reason !== "");
  if (words.length > 0) use.finishReasons = words as readonly string[];
}

function readTokens(usage: JsonObject, use: Draft): void {
  const inputs = usage["prompt_tokens_details"] ?? usage["input_tokens_details"];
  const outputs = usage["completion_tokens_details"] ?? usage["output_tokens_details"];
  const written = count(usage["cache_creation_input_tokens"]);
  const read = count(usage["cache_read_input_tokens"]);
  const input = count(usage["prompt_tokens"]) ?? count(usage["input_tokens"]);
  const counts: Draft = {
    // Anthropic leaves what came from the cache, or went into it, out of its input; the others do not.
    ...named("inputTokens", input === undefined ? undefined : input + (written ?? 0) + (read ?? 0)),
    ...named("outputTokens", count(usage["completion_tokens"]) ?? count(usage["output_tokens"])),
    ...named("cacheReadTokens", read ?? count(member(inputs, "cached_tokens"))),
    ...named("cacheWriteTokens", written),
    ...named("reasoningTokens", count(member(outputs, "reasoning_tokens"))),
  };
  Object.assign(use, counts);
}

function named(name: keyof ModelUse, value: number | undefined): Draft {
  return value === undefined ? {} : { [name]: value };
}

function count(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function member(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}
