import { own } from "../base/own-bytes.ts";
import { unreachable } from "../base/unreachable.ts";
import type { Origin, Phase } from "../gateway/phase.ts";
import { Fields } from "../http/fields.ts";
import type { RequestHead } from "../http/message.ts";
import { Names } from "./names.ts";
import { Reader } from "./protobuf.ts";

/** Field numbers of `ProcessingRequest` (envoy/service/ext_proc/v3/external_processor.proto). */
const kinds = {
  2: "requestHead",
  3: "responseHead",
  4: "requestBody",
  5: "responseBody",
  6: "requestTrailers",
  7: "responseTrailers",
} as const satisfies Record<number, Phase["kind"]>;

const ATTRIBUTES = 9;
const OBSERVABILITY_MODE = 10;

/** What of a message's attributes concerns us. */
type Attributes = { -readonly [Name in keyof Omit<Origin, "parent">]: string };

interface Envelope {
  readonly kind: Phase["kind"];
  readonly message: Reader;
  readonly attributes: Attributes;
}

/** A list of header lines, pseudo-headers apart. */
interface Head {
  readonly pseudo: Record<Pseudo, string | undefined>;
  /** Names and values in turn. */
  readonly lines: string[];
  end: boolean;
}

type Pseudo = ":method" | ":scheme" | ":authority" | ":path" | ":status";

/**
 * Reads one serialized `ProcessingRequest`. Chunks are views of `bytes`, or copies where those lie in a far longer buffer.
 * Throws on malformed bytes, on a message of no known kind, and in observability mode, where nothing would be enforced.
 */
export function decode(bytes: Buffer, parent: string): Phase {
  const { kind, message, attributes } = envelope(bytes);
  switch (kind) {
    case "requestHead":
      return requestHead(message, attributes, parent);
    case "responseHead":
      return responseHead(message, attributes, parent);
    case "requestBody":
    case "responseBody":
      return { kind, ...body(message) };
    case "requestTrailers":
    case "responseTrailers":
      return { kind, fields: Fields.flat(headers(message).lines) };
    default:
      return unreachable(kind);
  }
}

function envelope(bytes: Buffer): Envelope {
  const reader = new Reader(bytes);
  let found: Pick<Envelope, "kind" | "message"> | undefined;
  const attributes = { route: "", sourceAddress: "", method: "", path: "" };
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field in kinds)
      found = { kind: kinds[field as keyof typeof kinds], message: reader.message() };
    else if (field === ATTRIBUTES) readAttributes(reader, attributes);
    else if (field === OBSERVABILITY_MODE && reader.bool())
      throw new TypeError("ext_proc: observability_mode is on");
    else if (field !== OBSERVABILITY_MODE) reader.skip();
  }
  if (found === undefined) throw new TypeError("ext_proc: a message of no known kind");
  return { ...found, attributes };
}

function requestHead(message: Reader, attributes: Attributes, parent: string): Phase {
  const { pseudo, lines, end } = headers(message);
  const head: RequestHead = {
    method: pseudo[":method"] ?? "",
    scheme: pseudo[":scheme"] ?? "https",
    authority: pseudo[":authority"] ?? "",
    path: pseudo[":path"] ?? "",
    fields: Fields.flat(lines),
  };
  return { kind: "requestHead", head, origin: { ...attributes, parent }, end };
}

function responseHead(message: Reader, attributes: Attributes, parent: string): Phase {
  const { pseudo, lines, end } = headers(message);
  return {
    kind: "responseHead",
    head: { status: Number(pseudo[":status"]), fields: Fields.flat(lines) },
    origin: { ...attributes, parent },
    end,
  };
}

/** `HttpHeaders`: 1 headers, 3 end_of_stream. `HttpTrailers`: 1 trailers. */
function headers(message: Reader): Head {
  const pseudo = {
    ":method": undefined,
    ":scheme": undefined,
    ":authority": undefined,
    ":path": undefined,
    ":status": undefined,
  };
  const head: Head = { pseudo, lines: [], end: false };
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === 1) readHeaderMap(message, head);
    else if (field === 3) head.end = message.bool();
    else message.skip();
  }
  return head;
}

/** `HeaderMap`: 1 headers. */
function readHeaderMap(message: Reader, head: Head): void {
  const outer = message.enter();
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === 1) readHeader(message, head);
    else message.skip();
  }
  message.leave(outer);
}

/** `HeaderValue`: 1 key, 2 value, 3 raw_value (Envoy fills raw_value alone). */
function readHeader(message: Reader, { pseudo, lines }: Head): void {
  let key = "";
  let value = "";
  const outer = message.enter();
  for (let part = message.next(); part !== 0; part = message.next()) {
    if (part === 1) key = message.name(names);
    else if (part === 2) value = message.string() || value;
    else if (part === 3) value = message.latin1() || value;
    else message.skip();
  }
  message.leave(outer);
  if (!key.startsWith(":")) lines.push(key, value);
  else if (key in pseudo) pseudo[key as Pseudo] = value;
}

const names = new Names();

/** `HttpBody`: 1 body, 2 end_of_stream. */
function body(message: Reader): { chunk: Uint8Array; end: boolean } {
  let chunk: Uint8Array = new Uint8Array(0);
  let end = false;
  for (let field = message.next(); field !== 0; field = message.next()) {
    // A chunk waits for as long as its request does.
    if (field === 1) chunk = own(message.bytes());
    else if (field === 2) end = message.bool();
    else message.skip();
  }
  return { chunk, end };
}

/** `map<string, Struct>`, one entry per filter; each `Struct` a map of name to `Value`, of which Envoy sends strings. */
function readAttributes(message: Reader, into: Attributes): void {
  const outer = message.enter();
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === 2) readStruct(message, into);
    else message.skip();
  }
  message.leave(outer);
}

function readStruct(message: Reader, into: Attributes): void {
  const outer = message.enter();
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === 1) readPair(message, into);
    else message.skip();
  }
  message.leave(outer);
}

const attributeNames: ReadonlyMap<string, keyof Attributes> = new Map([
  ["xds.route_name", "route"],
  ["source.address", "sourceAddress"],
  ["request.method", "method"],
  ["request.path", "path"],
]);

function readPair(message: Reader, into: Attributes): void {
  let name: keyof Attributes | undefined;
  let value: string | undefined;
  const outer = message.enter();
  for (let part = message.next(); part !== 0; part = message.next()) {
    if (part === 1) name = attributeNames.get(message.name(names));
    else if (part === 2) value = stringValue(message);
    else message.skip();
  }
  message.leave(outer);
  if (name !== undefined && value !== undefined) into[name] = value;
}

/** `google.protobuf.Value`: 3 string_value. */
function stringValue(message: Reader): string | undefined {
  let text: string | undefined;
  const outer = message.enter();
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === 3) text = message.string();
    else message.skip();
  }
  message.leave(outer);
  return text;
}
