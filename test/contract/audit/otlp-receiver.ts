import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import protobuf from "protobufjs";

const root = new protobuf.Root();
root.resolvePath = (_origin, target) => join(import.meta.dirname, "opentelemetry-proto", target);
root.loadSync([
  "opentelemetry/proto/collector/trace/v1/trace_service.proto",
  "opentelemetry/proto/collector/logs/v1/logs_service.proto",
]);
const service = "opentelemetry.proto.collector";
const TraceRequest = root.lookupType(`${service}.trace.v1.ExportTraceServiceRequest`);
const TraceResponse = root.lookupType(`${service}.trace.v1.ExportTraceServiceResponse`);
const LogsRequest = root.lookupType(`${service}.logs.v1.ExportLogsServiceRequest`);

export interface ReceivedSpan {
  readonly name: string;
  readonly kind: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly start: number;
  readonly end: number;
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** What the receiver does with a request for spans. */
export type Mood =
  | { readonly kind: "take" }
  | { readonly kind: "fail"; readonly status: number; readonly retryAfter?: number }
  | { readonly kind: "hang up" }
  /** Takes what passes, rejects the rest with `partial_success`. */
  | { readonly kind: "reject"; readonly when: (span: ReceivedSpan) => boolean };

/** A receiver of OTLP/HTTP that decodes every request by the official protobuf definitions. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  readonly logs: { body: string; attributes: Record<string, unknown> }[] = [];
  readonly resource: Record<string, unknown> = {};
  mood: Mood = { kind: "take" };
  /** A batch with the span of this record is answered with 400. */
  refuseBatchWith: string | undefined;
  requests = 0;
  #waiting: (() => void)[] = [];
  readonly #server = createServer((request, reply) => {
    void this.#answer(request).then(
      ({ status, body, headers }) => {
        if (status === 0) request.socket.destroy();
        else reply.writeHead(status, headers).end(body);
      },
      (error) => reply.writeHead(500).end(String(error)),
    );
  });

  async start(port = 0): Promise<string> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Server spans by record id, the last one of each; children apart. */
  servers(): Map<string, ReceivedSpan> {
    const servers = this.spans.filter((span) => span.kind === "SPAN_KIND_SERVER");
    return new Map(servers.map((span) => [String(span.attributes["sallyport.record.id"]), span]));
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async #answer(request: IncomingMessage) {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    this.requests += 1;
    const answer =
      request.url === "/v1/traces" ? this.#traces(body) : this.#logRecords(request.url, body);
    for (const wake of this.#waiting.splice(0)) wake();
    return answer;
  }

  #traces(body: Buffer) {
    const headers = { "content-type": "application/x-protobuf" };
    const { mood } = this;
    if (mood.kind === "hang up") return { status: 0, headers, body: "" };
    if (mood.kind === "fail") {
      const retry = mood.retryAfter === undefined ? {} : { "retry-after": String(mood.retryAfter) };
      return { status: mood.status, headers: { ...headers, ...retry }, body: "" };
    }
    const spans = this.#decode(body);
    if (spans.some((span) => span.attributes["sallyport.record.id"] === this.refuseBatchWith))
      return { status: 400, headers, body: "" };
    const taken = mood.kind === "reject" ? spans.filter((span) => !mood.when(span)) : spans;
    this.spans.push(...taken);
    const rejectedSpans = spans.length - taken.length;
    const partialSuccess = rejectedSpans > 0 ? { rejectedSpans, errorMessage: "no" } : null;
    const reply = TraceResponse.encode(TraceResponse.fromObject({ partialSuccess })).finish();
    return { status: 200, headers, body: reply };
  }

  #decode(body: Buffer): ReceivedSpan[] {
    const options = { enums: String, longs: String, bytes: String } as const;
    const request = TraceRequest.toObject(TraceRequest.decode(body), options);
    return (request["resourceSpans"] ?? []).flatMap((resource: Loose) => {
      Object.assign(this.resource, attributesOf(resource.resource.attributes));
      return resource.scopeSpans.flatMap((scope: Loose) => scope.spans.map(spanOf));
    });
  }

  #logRecords(url: string | undefined, body: Buffer) {
    if (url !== "/v1/logs") return { status: 404, headers: {}, body: "" };
    const request = LogsRequest.toObject(LogsRequest.decode(body), { longs: String });
    for (const resource of request["resourceLogs"] ?? [])
      for (const scope of resource.scopeLogs)
        for (const log of scope.logRecords)
          this.logs.push({
            body: log.body.stringValue,
            attributes: attributesOf(log.attributes ?? []),
          });
    return { status: 200, headers: { "content-type": "application/x-protobuf" }, body: "" };
  }
}

// biome-ignore lint/suspicious/noExplicitAny: protobufjs gives plain objects without types
type Loose = any;

function spanOf(span: Loose): ReceivedSpan {
  const hex = (bytes: string | undefined) => Buffer.from(bytes ?? "", "base64").toString("hex");
  return {
    name: span.name,
    kind: span.kind,
    traceId: hex(span.traceId),
    spanId: hex(span.spanId),
    parentSpanId: hex(span.parentSpanId),
    links: (span.links ?? []).map((link: Loose) => ({
      traceId: hex(link.traceId),
      spanId: hex(link.spanId),
    })),
    start: Number(BigInt(span.startTimeUnixNano) / 1_000_000n),
    end: Number(BigInt(span.endTimeUnixNano) / 1_000_000n),
    failed: span.status?.code === "STATUS_CODE_ERROR",
    attributes: attributesOf(span.attributes ?? []),
  };
}

function attributesOf(list: Loose[]): Record<string, unknown> {
  return Object.fromEntries(list.map(({ key, value }) => [key, plain(value)]));
}

function plain(value: Loose): unknown {
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(plain);
  if (value.intValue !== undefined) return Number(value.intValue);
  return value.stringValue ?? value.boolValue ?? value.doubleValue;
}
