// A model's endpoint in a process of its own, for the benchmarks. Prints its port.
//   POST …/chat/completions?delay=10&size=10240         one answer of so many bytes, so many milliseconds after the request
//   POST …/chat/completions?tokens=200&every=20         an event stream; every event's text says when it was sent
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { answerOf, eventOf } from "./samples.ts";

async function stream(response: ServerResponse, tokens: number, every: number): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (let at = 0; at < tokens && !response.destroyed; at += 1) {
    const room = response.write(eventOf(at));
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
    const body = answerOf(asked("size", 10_240));
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
