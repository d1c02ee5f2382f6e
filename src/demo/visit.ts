import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate as nextTurn } from "node:timers/promises";

/** One request to the demo upstream, and the response to fill. */
export interface Visit {
  readonly method: string;
  readonly url: URL;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The body as it comes, counted into the log. To be read at most once. */
  readonly body: AsyncIterable<Buffer>;
}

/** A method (`*` for any), a whole path with its variable parts as groups, and what to do there. */
export type Route = readonly [
  method: string,
  path: RegExp,
  serve: (visit: Visit, ...groups: readonly string[]) => Promise<void> | void,
];

/** Serves the visit by the first route that fits; says whether there was one. */
export async function follow(routes: readonly Route[], visit: Visit): Promise<boolean> {
  for (const [method, path, serve] of routes) {
    const match = path.exec(visit.url.pathname);
    if (match === null || !(method === "*" || method === visit.method)) continue;
    await serve(visit, ...match.slice(1).map(decodeURIComponent));
    return true;
  }
  return false;
}

/** Reads the whole body. */
export async function readAll(visit: Visit): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of visit.body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Reads the body as a JSON object; anything else reads as an empty one. */
export async function readJson(visit: Visit): Promise<Readonly<Record<string, unknown>>> {
  try {
    const value: unknown = JSON.parse((await readAll(visit)).toString("utf8"));
    return isRecord(value) ? value : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The objects of a value that is a list. */
export function recordsOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** Answers with JSON; a HEAD gets the same head. */
export function json(visit: Visit, status: number, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value));
  visit.response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": body.length,
  });
  visit.response.end(visit.method === "HEAD" ? undefined : body);
}

/** An error as GitHub writes it. */
export function problem(visit: Visit, status: number, message: string): void {
  json(visit, status, {
    message,
    documentation_url: "https://docs.github.com/rest",
    status: String(status),
  });
}

/** Streams the chunks one at a time, each in a write of its own, as fast as the client reads. */
export async function stream(visit: Visit, chunks: Iterable<string | Buffer>): Promise<void> {
  async function* paced(): AsyncGenerator<Buffer> {
    for (const chunk of chunks) {
      yield Buffer.from(chunk);
      await nextTurn();
    }
  }
  await pipeline(Readable.from(paced(), { objectMode: false, highWaterMark: 1 }), visit.response);
}

/** The text in pieces of at most `size` characters (or bytes, for bytes). */
export function cut<T extends string | Buffer>(text: T, size: number): readonly T[] {
  const pieces: T[] = [];
  for (let at = 0; at < text.length; at += size)
    pieces.push(
      (typeof text === "string" ? text.slice(at, at + size) : text.subarray(at, at + size)) as T,
    );
  return pieces;
}

/** A request id that looks as GitHub's do. */
export function newRequestId(): string {
  const hex = randomBytes(12).toString("hex").toUpperCase();
  return `${hex.slice(0, 4)}:${hex.slice(4, 8)}:${hex.slice(8, 15)}:${hex.slice(15, 22)}`;
}
