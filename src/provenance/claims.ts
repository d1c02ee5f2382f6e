import type { Claim, Rung } from "./answer.ts";

const trailers = /^(assisted-by|generated-by|agent-logs-url|co-authored-by|ai-model)$/i;
const assistants =
  /copilot|claude|anthropic|openai|gpt|codex|cursor|gemini|\bai\b|agent|llm|aider|devin/i;

/** The lines of a commit's message that claim assistance. */
export function trailersIn(message: string): readonly string[] {
  return message.split("\n").filter((line) => {
    const [trailer, value] = parts(line);
    const ofPeople = /^co-authored-by$/i.test(trailer) && !assistants.test(value);
    return trailers.test(trailer) && !ofPeople;
  });
}

function parts(line: string): readonly [trailer: string, value: string] {
  const [, trailer = "", value = ""] = /^([A-Za-z-]+):\s*(.+?)\s*$/.exec(line) ?? [];
  return [trailer, value];
}

/** What a commit's message claims of assistance. Anybody can write a trailer: it is held against what was seen. */
export function claimsOf(
  message: string,
  evidence: Rung,
  models: readonly string[],
): readonly Claim[] {
  return trailersIn(message).map((line) => {
    const [trailer, value] = parts(line);
    return { trailer, value, verdict: judged(value, evidence, models) };
  });
}

function judged(value: string, evidence: Rung, models: readonly string[]): Claim["verdict"] {
  const seen = evidence === "exact" || evidence === "strong" || evidence === "partial";
  if (!seen) return "not seen";
  // `AGENT:MODEL`, as the kernel writes it: a model that was named must be one that was seen.
  const model = /^[\w.-]+:([\w.-]+)/.exec(value)?.[1];
  const named = model !== undefined && !/^\/\//.test(value.slice(value.indexOf(":") + 1));
  if (!named || models.length === 0) return "seen";
  return models.some((one) => one.includes(model) || model.includes(one)) ? "seen" : "contradicted";
}
