import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import protobuf from "protobufjs";

/** The part of opentelemetry-proto 1.x that traces and logs need; field numbers are theirs. */
const proto = `
syntax = "proto3";
message Traces { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message ScopeSpans { repeated Span spans = 2; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
  fixed64 start = 7; fixed64 end = 8; repeated KeyValue attributes = 9; repeated Event events = 11;
  repeated Link links = 13; Status status = 15;
}
message Event { fixed64 time = 1; string name = 2; repeated KeyValue attributes = 3; }
message Link { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; repeated KeyValue attributes = 4; }
message Status { string message = 2; int32 code = 3; }
message Logs { repeated ResourceLogs resource_logs = 1; }
message ResourceLogs { Resource resource = 1; repeated ScopeLogs scope_logs = 2; }
message ScopeLogs { repeated LogRecord log_records = 2; }
message LogRecord {
  fixed64 time = 1; int32 severity = 2; string severity_text = 3; AnyValue body = 5; repeated KeyValue attributes = 6;
  bytes trace_id = 9; bytes span_id = 10; string event_name = 12;
}
message Resource { repeated KeyValue attributes = 1; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue {
  oneof value {
    string string = 1; bool bool = 2; int64 int = 3; double double = 4; Array array = 5; KeyValueList kvlist = 6; bytes bytes = 7;
  }
}
message Array { repeated AnyValue values = 1; }
message KeyValueList { repeated KeyValue values = 1; }
`;
const { root } = protobuf.parse(proto, { keepCase: false });

export type Attributes = Readonly<Record<string, unknown>>;

export interface ReceivedSpan {
  readonly resource: Attributes;
  /** Lower-case hex; `parentId` is empty for a root. */
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string;
  readonly name: string;
  /** As in the protocol: 1 internal, 2 server, 3 client. */
  readonly kind: number;
  /** Nanoseconds since the Unix epoch. */
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: Attributes;
  readonly events: readonly { readonly name: string; readonly attributes: Attributes }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  /** 0 unset, 1 ok, 2 error. */
  readonly status: { readonly code: number; readonly message: string };
}

export interface ReceivedLog {
  readonly resource: Attributes;
  readonly severity: number;
  readonly body: unknown;
  readonly attributes: Attributes;
  readonly eventName: string;
  readonly traceId: string;
}

/** An OTLP/HTTP collector that understands what it is sent (protobuf, gzip or not), on a free port. */
export interface OtlpReceiver {
  /** The base, to which `/v1/traces` and `/v1/logs` are added. */
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  readonly logs: readonly ReceivedLog[];
  /** Every body, decompressed, for tests that search all that was sent. */
  readonly bodies: readonly Buffer[];
  /** Refuses everything with that status from now on (nothing is kept); 200 ends it. */
  answerWith(status: number): void;
  /** The first span, past or future, that fits; rejects after `within` milliseconds (10 s). */
  span(fits: (span: ReceivedSpan) => boolean, within?: number): Promise<ReceivedSpan>;
  /** Rejects if anything was sent that is not OTLP (it was answered with 400). */
  close(): Promise<void>;
}

/** Starts a collector. */
export async function startOtlpReceiver(port = 0): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const logs: ReceivedLog[] = [];
  const bodies: Buffer[] = [];
  const waiting = new Set<() => void>();
  let status = 200;
  const spoilt: string[] = [];
  const take = (url: string | undefined, body: Buffer): number => {
    bodies.push(body);
    try {
      if (url === "/v1/traces") spans.push(...readSpans(body));
      else if (url === "/v1/logs") logs.push(...readLogs(body));
      return 200;
    } catch (error) {
      spoilt.push(`${String(error)}: ${body.toString("base64")}`);
      return 400;
    }
  };
  const server = createServer(async (request, response) => {
    const body = await read(request);
    const code = status === 200 ? take(request.url, body) : status;
    response.writeHead(code, { "content-type": "application/x-protobuf" }).end();
    for (const look of waiting) look();
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    logs,
    bodies,
    answerWith: (code) => {
      status = code;
    },
    span: (fits, within = 10_000) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(look);
          reject(new Error(`no such span; seen: ${JSON.stringify(spans.map(({ name }) => name))}`));
        }, within);
        const look = (): void => {
          const found = spans.find(fits);
          if (found === undefined) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      if (spoilt.length > 0) throw new Error(`sent, but no OTLP: ${spoilt.join("\n")}`);
    },
  };
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
}

interface WireAny {
  readonly value?: string;
  readonly [field: string]: unknown;
}
interface WireAttribute {
  readonly key: string;
  readonly value: WireAny;
}
interface WireResource {
  readonly attributes: readonly WireAttribute[];
}
interface WireSpan {
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly parentSpanId: Uint8Array;
  readonly name: string;
  readonly kind: number;
  readonly start: string;
  readonly end: string;
  readonly attributes: readonly WireAttribute[];
  readonly events: readonly {
    readonly name: string;
    readonly attributes: readonly WireAttribute[];
  }[];
  readonly links: readonly { readonly traceId: Uint8Array; readonly spanId: Uint8Array }[];
  readonly status: { readonly code: number; readonly message: string } | null;
}
interface WireLog {
  readonly severity: number;
  readonly body: WireAny | null;
  readonly attributes: readonly WireAttribute[];
  readonly eventName: string;
  readonly traceId: Uint8Array;
}
interface WireTraces {
  readonly resourceSpans: readonly {
    readonly resource: WireResource | null;
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[];
  }[];
}
interface WireLogs {
  readonly resourceLogs: readonly {
    readonly resource: WireResource | null;
    readonly scopeLogs: readonly { readonly logRecords: readonly WireLog[] }[];
  }[];
}

function decode(type: string, body: Buffer): unknown {
  const message = root.lookupType(type);
  const options = { longs: String, defaults: true, arrays: true, oneofs: true };
  return message.toObject(message.decode(body), options);
}

function readSpans(body: Buffer): readonly ReceivedSpan[] {
  return (decode("Traces", body) as WireTraces).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        resource: attributes(resource?.attributes),
        traceId: hex(span.traceId),
        spanId: hex(span.spanId),
        parentId: hex(span.parentSpanId),
        name: span.name,
        kind: span.kind,
        start: BigInt(span.start),
        end: BigInt(span.end),
        attributes: attributes(span.attributes),
        events: span.events.map((event) => ({
          name: event.name,
          attributes: attributes(event.attributes),
        })),
        links: span.links.map((link) => ({ traceId: hex(link.traceId), spanId: hex(link.spanId) })),
        status: span.status ?? { code: 0, message: "" },
      })),
    ),
  );
}

function readLogs(body: Buffer): readonly ReceivedLog[] {
  return (decode("Logs", body) as WireLogs).resourceLogs.flatMap(({ resource, scopeLogs }) =>
    scopeLogs.flatMap(({ logRecords }) =>
      logRecords.map((log) => ({
        resource: attributes(resource?.attributes),
        severity: log.severity,
        body: plain(log.body),
        attributes: attributes(log.attributes),
        eventName: log.eventName,
        traceId: hex(log.traceId),
      })),
    ),
  );
}

function attributes(list: readonly WireAttribute[] | undefined): Attributes {
  return Object.fromEntries((list ?? []).map(({ key, value }) => [key, plain(value)]));
}

function plain(any: WireAny | null): unknown {
  const kind = any?.value;
  if (any === null || kind === undefined) return undefined;
  const value = any[kind];
  switch (kind) {
    case "int":
      return Number(value);
    case "array":
      return (value as { readonly values: readonly WireAny[] }).values.map(plain);
    case "kvlist":
      return attributes((value as { readonly values: readonly WireAttribute[] }).values);
    case "bytes":
      return Buffer.from(value as Uint8Array).toString("base64");
    default:
      return value;
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
