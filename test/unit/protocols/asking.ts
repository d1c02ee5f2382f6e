import type { Operation } from "../../../src/core/operation.ts";
import type { Connection, ConnectionKind, Target } from "../../../src/core/target.ts";
import { Fields } from "../../../src/http/fields.ts";
import type { RequestHead } from "../../../src/http/message.ts";
import { parsePath } from "../../../src/http/path.ts";
import { protocols } from "../../../src/protocols/index.ts";
import type { Protocol, RequestParser } from "../../../src/protocols/protocol.ts";

/** One request, as a test writes it down. */
export interface Ask {
  readonly kind: ConnectionKind;
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | object;
}

const hosts = {
  "github-api": "api.github.com",
  git: "github.com",
  copilot: "api.githubcopilot.com",
};

export function targetOf(ask: Ask): Target {
  const path = parsePath(ask.path);
  if (!path.ok) throw new Error(path.error);
  const host = hosts[ask.kind];
  const connection: Connection = {
    name: ask.kind,
    kind: ask.kind,
    hosts: [host],
    upstream: new URL(`https://${host}`),
  };
  return { connection, path: path.value };
}

export function headOf(ask: Ask): RequestHead {
  return {
    method: ask.method,
    scheme: "https",
    authority: hosts[ask.kind],
    path: ask.path,
    fields: new Fields(Object.entries(ask.headers ?? {})),
  };
}

export function bytesOf(body: Ask["body"]): Uint8Array {
  if (body instanceof Uint8Array) return body;
  if (body === undefined) return new Uint8Array(0);
  return new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body));
}

export function protocolFor(ask: Ask, list: readonly Protocol[] = protocols): Protocol {
  const found = list.find((protocol) => protocol.recognises(headOf(ask), targetOf(ask)));
  if (found === undefined) throw new Error("no protocol recognises the request");
  return found;
}

/** Feeds the whole request, in chunks of that size, and gives the parser and what it answered. */
export function feed(ask: Ask, size = 1 << 20, list: readonly Protocol[] = protocols) {
  const parser: RequestParser = protocolFor(ask, list).parse(headOf(ask), targetOf(ask));
  const body = bytesOf(ask.body);
  let reading = parser.begin();
  for (let at = 0; at < body.length && reading.kind === "more"; at += size)
    reading = parser.write(body.subarray(at, at + size));
  return { parser, judged: reading.kind === "read" ? reading.operations : parser.end() };
}

/** The operations of a request that must be readable. */
export function operationsOf(ask: Ask): readonly Operation[] {
  const { judged } = feed(ask);
  if (!judged.ok) throw new Error(judged.error);
  return judged.value;
}

/** `name access resource`, and the attributes that are asked for. */
export function summary(ask: Ask): readonly string[] {
  return operationsOf(ask).map((one) => `${one.name} ${one.access} ${one.resource}`);
}

export function errorOf(ask: Ask): string | undefined {
  const { judged } = feed(ask);
  return judged.ok ? undefined : judged.error;
}
