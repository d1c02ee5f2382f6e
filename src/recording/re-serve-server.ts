import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { decodeContent } from "../http/encoding.ts";
import type { Piece } from "./entry.ts";
import type { ReServe } from "./re-serve.ts";
import type { RecordedExchange, SessionReader } from "./read.ts";

/** A recorded session that answers over HTTP. */
export interface ReServing {
  readonly url: string;
  close(): Promise<void>;
}

export interface ReServingParts {
  readonly session: ReServe;
  readonly reader: Pick<SessionReader, "pieces">;
  /** How fast the pieces of an answer come: 1 as they came, 2 twice as fast; infinite at once. */
  readonly speed: number;
  readonly port: number;
  /** Told of each request: what was answered. */
  readonly told: (line: string) => void;
}

/** No request body that is looked up is longer. */
const longestBody = 64 * 1024 * 1024;
/** What says how the recorded bytes went over their own connection, not what they are. */
const hopByHop = new Set([
  ...["connection", "content-encoding", "content-length", "keep-alive", "trailer"],
  ...["transfer-encoding", "upgrade", "alt-svc"],
]);

/** Answers on this machine alone: whoever reaches it gets what was recorded. */
export async function startReServing(parts: ReServingParts): Promise<ReServing> {
  const server = createServer((request, response) => {
    answer(request, response, parts).catch(() => response.destroy());
  });
  server.listen(parts.port, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { session, reader, speed, told }: ReServingParts,
): Promise<void> {
  const { method = "GET", url: path = "/" } = request;
  const body = await bodyOf(request);
  if (body === undefined) {
    refuse(response, 413, "too_large", "The request's body is longer than any that is recorded.");
    return;
  }
  const served = session.next({ method, path, bodies: digestsOf(body, request.headers) });
  if (served.kind === "none") {
    told(`404 ${served.code} ${method} ${path}`);
    refuse(response, 404, served.code, served.detail);
    return;
  }
  told(`${served.exchange.opened.record} ${method} ${path}`);
  await play(served.exchange, response, { reader, speed, bodiless: method === "HEAD" });
}

interface Playing extends Pick<ReServingParts, "reader" | "speed"> {
  readonly bodiless: boolean;
}

/** An answer that was cut, or of which pieces are missing, ends here as it ended there: with a broken connection. */
async function play(
  exchange: RecordedExchange,
  response: ServerResponse,
  { reader, speed, bodiless }: Playing,
): Promise<void> {
  const { entries } = exchange;
  const answer = entries.find((entry) => entry.k === "answer");
  if (answer === undefined) throw new TypeError("an exchange without an answer");
  const headers = answer.headers.filter(([name]) => !hopByHop.has(name) && !name.startsWith(":"));
  response.writeHead(answer.status, headers.flat());
  const pieces = bodiless ? [] : reader.pieces(exchange, "response");
  await send(pieces, response, { from: answer.t, speed });
  if (isWhole(entries)) response.end();
  else response.destroy();
}

/** Each piece at its time; stops where the client has gone. */
async function send(
  pieces: Iterable<Piece> | AsyncIterable<Piece>,
  response: ServerResponse,
  { from, speed }: { readonly from: number; readonly speed: number },
): Promise<void> {
  let before = from;
  for await (const { t, bytes } of pieces) {
    if (response.destroyed) return;
    if (Number.isFinite(speed)) await wait(Math.max(0, t - before) / speed);
    before = t;
    if (!response.write(bytes)) await drained(response);
  }
}

/** It ended properly, and no piece of it is missing. */
function isWhole(entries: RecordedExchange["entries"]): boolean {
  const ended = entries.some(
    (entry) => entry.k === "end" && !["aborted", "cut"].includes(entry.end),
  );
  return ended && !entries.some((entry) => entry.k === "gap" && entry.dir === "response");
}

async function drained(response: ServerResponse): Promise<void> {
  await Promise.race([once(response, "drain"), once(response, "close")]);
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    if (length > longestBody) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function digestsOf(body: Buffer, headers: IncomingMessage["headers"]): readonly string[] {
  const coding = headers["content-encoding"];
  const plain = coding === undefined ? undefined : decoded(body, coding);
  return [body, ...(plain === undefined ? [] : [plain])].map((bytes) =>
    createHash("sha256").update(bytes).digest("hex"),
  );
}

function decoded(body: Buffer, coding: string): Buffer | undefined {
  const decoder = decodeContent(coding);
  if (!decoder.ok) return undefined;
  try {
    return Buffer.concat([decoder.value.write(body), decoder.value.flush()]);
  } catch {
    return undefined;
  }
}

const titles: Readonly<Record<number, string>> = { 404: "Not Found", 413: "Content Too Large" };

function refuse(response: ServerResponse, status: 404 | 413, code: string, detail: string): void {
  const problem = { type: "about:blank", title: titles[status], status, code, detail };
  response
    .writeHead(status, { "content-type": "application/problem+json; charset=utf-8" })
    .end(JSON.stringify(problem));
}
