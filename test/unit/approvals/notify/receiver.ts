import { createServer, type IncomingHttpHeaders } from "node:http";
import { listenLocally } from "../../../support/ports.ts";

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Somebody who is told things, and who answers as the test says; `arrival` waits for the next. */
export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  arrival(): Promise<Received>;
  close(): void;
}

export async function openReceiver(
  answer: (
    nth: number,
    path: string,
  ) => { status: number; headers?: Record<string, string>; body?: string },
): Promise<Receiver> {
  const received: Received[] = [];
  const waiting: ((one: Received) => void)[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      const one = { path: request.url ?? "", headers: request.headers, body };
      received.push(one);
      const { status, headers = {}, body: said } = answer(received.length, one.path);
      response.writeHead(status, headers).end(said);
      waiting.shift()?.(one);
    });
  });
  const port = await listenLocally(server);
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    arrival: () => new Promise((resolve) => waiting.push(resolve)),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
