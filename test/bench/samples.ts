const prose =
  "The function reads the list once, so its cost grows with the length of the list.\n" +
  'A `Map` keyed by id says "seen before" in one step:\n\n```ts\nconst seen = new Map<string, Item>();\n' +
  "for (const item of items) {\n\tif (!seen.has(item.id)) seen.set(item.id, item);\n}\n```\n\n";
const words = prose.split(/(?<= )/);
const answers = new Map<number, Buffer>();

/** A chat completion whose serialized form has about `size` bytes. */
export function answerOf(size: number): Buffer {
  const known = answers.get(size);
  if (known !== undefined) return known;
  const content = prose
    .repeat(Math.ceil(size / prose.length) + 1)
    .slice(0, Math.max(1, size - 400));
  const message = { role: "assistant", content };
  const body = Buffer.from(
    JSON.stringify({
      id: "chatcmpl-bench",
      object: "chat.completion",
      created: 1_700_000_000,
      model: "m",
      choices: [{ index: 0, message, finish_reason: "stop" }],
      usage: { prompt_tokens: 200, completion_tokens: 2000, total_tokens: 2200 },
    }),
  );
  answers.set(size, body);
  return body;
}

/** One server-sent event of a streamed answer, whose text says when it was sent. */
export function eventOf(at: number): string {
  const delta = { content: `${words[at % words.length]}@${process.hrtime.bigint()} ` };
  const choices = [{ index: 0, delta, finish_reason: null }];
  const event = {
    id: "chatcmpl-bench",
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices,
  };
  return `data: ${JSON.stringify(event)}\n\n`;
}

/** A chat completion request of about `bytes`. */
export function requestText(bytes: number): string {
  const text = "Explain what this function does, and how it could be made simpler. ";
  const content = text.repeat(Math.ceil(bytes / text.length)).slice(0, Math.max(1, bytes - 80));
  const messages = [{ role: "user", content }];
  return JSON.stringify({ model: "m", stream: false, messages });
}
