// A model's endpoint in a process of its own, for the benchmarks. Prints its port.
//   POST …/chat/completions?delay=10&size=10240         one answer of so many bytes, so many milliseconds after the request
//   POST …/chat/completions?tokens=200&every=20         an event stream; every event's text says when it was sent
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const prose =
  "The function reads the list once, so its cost grows with the length of the list.\n" +
  'A `Map` keyed by id says "seen before" in one step:\n\n```ts\nconst seen = new Map<string, Item>();\n' +
  "for (const item of items) {\n\tif (!seen.has(item.id)) seen.set(item.id, item);\n}\n```\n\n";
const answers = new Map<number, Buffer>();

/** A chat completion whose serialized form has about `size` bytes. */
function answer(size: number): Buffer {
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

async function stream(response: ServerResponse, tokens: number, every: number): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const words = prose.split(/(?<= )/);
  for (let at = 0; at < tokens && !response.destroyed; at += 1) {
    const delta = { content: `${words[at % words.length]}@${process.hrtime.bigint()} ` };
    const choices = [{ index: 0, delta, finish_reason: null }];
    const event = {
      id: "chatcmpl-bench",
      object: "chat.completion.chunk",
      created: 1,
      model: "m",
      choices,
    };
    const room = response.write(`data: ${JSON.stringify(event)}\n\n`);
    if (every > 0) await sleep(every);
    else if (!room) await new Promise((resolve) => response.once("drain", resolve));
  }
  response.end("data: [DONE]\n\n");
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  const { searchParams } = new URL(request.url ?? "/", "http://upstream");
  const asked = (name: string, otherwise: number): number =>
    Number(searchParams.get(name) ?? otherwise);
  request.resume();
  request.once("end", () => {
    if (searchParams.has("tokens")) {
      void stream(response, asked("tokens", 100), asked("every", 20));
      return;
    }
    const body = answer(asked("size", 10_240));
    setTimeout(
      () => {
        response.writeHead(200, {
          "content-type": "application/json; charset=utf-8",
          "content-length": body.length,
        });
        response.end(body);
      },
      asked("delay", 10),
    );
  });
}

const server = createServer(serve);
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
