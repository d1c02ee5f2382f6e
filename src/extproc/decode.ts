import { own } from "../base/own-bytes.ts";
import { unreachable } from "../base/unreachable.ts";
import type { Origin, Phase } from "../gateway/phase.ts";
import { Fields } from "../http/fields.ts";
import type { RequestHead } from "../http/message.ts";
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

interface Envelope {
  readonly kind: Phase["kind"];
  readonly message: Reader;
  readonly attributes: ReadonlyMap<string, string>;
}

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
      return { kind, fields: headers(message).fields };
    default:
      return unreachable(kind);
  }
}

function envelope(bytes: Buffer): Envelope {
  const reader = new Reader(bytes);
  let found: Pick<Envelope, "kind" | "message"> | undefined;
  const attributes = new Map<string, string>();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field in kinds)
      found = { kind: kinds[field as keyof typeof kinds], message: reader.message() };
    else if (field === ATTRIBUTES) readAttributes(reader.message(), attributes);
    else if (field === OBSERVABILITY_MODE && reader.bool())
      throw new TypeError("ext_proc: observability_mode is on");
    else if (field !== OBSERVABILITY_MODE) reader.skip();
  }
  if (found === undefined) throw new TypeError("ext_proc: a message of no known kind");
  return { ...found, attributes };
}

function requestHead(
  message: Reader,
  attributes: ReadonlyMap<string, string>,
  parent: string,
): Phase {
  const { pseudo, fields, end } = headers(message);
  const head: RequestHead = {
    method: pseudo.get(":method") ?? "",
    scheme: pseudo.get(":scheme") ?? "https",
    authority: pseudo.get(":authority") ?? "",
    path: pseudo.get(":path") ?? "",
    fields,
  };
  return { kind: "requestHead", head, origin: origin(attributes, parent), end };
}

function responseHead(
  message: Reader,
  attributes: ReadonlyMap<string, string>,
  parent: string,
): Phase {
  const { pseudo, fields, end } = headers(message);
  return {
    kind: "responseHead",
    head: { status: Number(pseudo.get(":status")), fields },
    origin: origin(attributes, parent),
    end,
  };
}

function origin(attributes: ReadonlyMap<string, string>, parent: string): Origin {
  return {
    route: attributes.get("xds.route_name") ?? "",
    sourceAddress: attributes.get("source.address") ?? "",
    method: attributes.get("request.method") ?? "",
    path: attributes.get("request.path") ?? "",
    parent,
  };
}

/** `HttpHeaders`: 1 headers, 3 end_of_stream. `HttpTrailers`: 1 trailers. */
function headers(message: Reader): {
  pseudo: ReadonlyMap<string, string>;
  fields: Fields;
  end: boolean;
} {
  const pseudo = new Map<string, string>();
  const lines: (readonly [string, string])[] = [];
  let end = false;
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === 1) readHeaderMap(message.message(), pseudo, lines);
    else if (field === 3) end = message.bool();
    else message.skip();
  }
  return { pseudo, fields: new Fields(lines), end };
}

/** `HeaderMap`: 1 headers. */
function readHeaderMap(
  map: Reader,
  pseudo: Map<string, string>,
  lines: (readonly [string, string])[],
): void {
  for (let field = map.next(); field !== 0; field = map.next()) {
    if (field !== 1) {
      map.skip();
      continue;
    }
    const line = readHeader(map.message());
    if (line[0].startsWith(":")) pseudo.set(...line);
    else lines.push(line);
  }
}

/** `HeaderValue`: 1 key, 2 value, 3 raw_value (Envoy fills raw_value alone). */
function readHeader(entry: Reader): readonly [string, string] {
  let key = "";
  let value = "";
  for (let part = entry.next(); part !== 0; part = entry.next()) {
    if (part === 1) key = oneName(entry.string().toLowerCase());
    else if (part === 2) value = entry.string() || value;
    else if (part === 3) value = entry.bytes().toString("latin1") || value;
    else entry.skip();
  }
  return [key, value];
}

/** Names that came before: a request waits for long with its own, and all have the same few. */
const names = new Map<string, string>();
const mostNames = 500;
const longestName = 64;

function oneName(name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  if (names.size < mostNames && name.length <= longestName) names.set(name, name);
  return name;
}

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
function readAttributes(entry: Reader, into: Map<string, string>): void {
  for (let field = entry.next(); field !== 0; field = entry.next()) {
    if (field === 2) readStruct(entry.message(), into);
    else entry.skip();
  }
}

function readStruct(struct: Reader, into: Map<string, string>): void {
  for (let field = struct.next(); field !== 0; field = struct.next()) {
    if (field === 1) readPair(struct.message(), into);
    else struct.skip();
  }
}

function readPair(pair: Reader, into: Map<string, string>): void {
  let name = "";
  let value: string | undefined;
  for (let part = pair.next(); part !== 0; part = pair.next()) {
    if (part === 1) name = pair.string();
    else if (part === 2) value = stringValue(pair.message());
    else pair.skip();
  }
  if (value !== undefined) into.set(name, value);
}

/** `google.protobuf.Value`: 3 string_value. */
function stringValue(value: Reader): string | undefined {
  let text: string | undefined;
  for (let field = value.next(); field !== 0; field = value.next()) {
    if (field === 3) text = value.string();
    else value.skip();
  }
  return text;
}
