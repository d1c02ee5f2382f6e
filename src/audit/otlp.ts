import {
  type HrTime,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
} from "@opentelemetry/api";
import { ProtobufLogsSerializer, ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import type { Attributes } from "./attributes.ts";
import { names } from "./attributes.ts";
import type { Answer } from "./delivery.ts";
import type { LogData } from "./log-data.ts";
import { otlpGrpc } from "./otlp-grpc-client.ts";
import { otlpHttp } from "./otlp-http-client.ts";
import type { OtlpOptions, OtlpTransport } from "./otlp-transport.ts";
import type { SpanData } from "./span.ts";
import type { TraceContext } from "./trace-context.ts";

type ReadableSpan = Parameters<typeof ProtobufTraceSerializer.serializeRequest>[0][number];
type ReadableLog = Parameters<typeof ProtobufLogsSerializer.serializeRequest>[0][number];

const scope = { name: "sallyport.audit", version: "1" };
const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  internal: SpanKind.INTERNAL,
} as const;

/** Sends spans and log records to an OTLP receiver (protobuf, over HTTP or gRPC), and tells what became of them. */
export class OtlpSender {
  readonly #transport: OtlpTransport;
  readonly #resource: ReadableSpan["resource"];

  constructor(options: OtlpOptions, replica: string) {
    this.#transport = options.protocol === "grpc" ? otlpGrpc(options) : otlpHttp(options);
    this.#resource = resourceFromAttributes({
      [names.serviceName]: "sallyport",
      [names.serviceInstance]: replica,
    });
  }

  /** Lets go of the connections. */
  close(): void {
    this.#transport.close();
  }

  async spans(spans: readonly SpanData[]): Promise<Answer> {
    const body = ProtobufTraceSerializer.serializeRequest(spans.map((span) => this.#span(span)));
    const answer = await this.#transport.send("traces", written(body));
    if (answer.kind !== "taken") return answer;
    const rejected = readRejected(
      () =>
        ProtobufTraceSerializer.deserializeResponse(answer.response).partialSuccess?.rejectedSpans,
    );
    return rejected > 0 ? { kind: "refused", rejected } : { kind: "accepted" };
  }

  async logs(logs: readonly LogData[]): Promise<Answer> {
    const body = ProtobufLogsSerializer.serializeRequest(logs.map((log) => this.#log(log)));
    const answer = await this.#transport.send("logs", written(body));
    if (answer.kind !== "taken") return answer;
    const rejected = readRejected(
      () =>
        ProtobufLogsSerializer.deserializeResponse(answer.response).partialSuccess
          ?.rejectedLogRecords,
    );
    return rejected > 0 ? { kind: "refused", rejected } : { kind: "accepted" };
  }

  #span(span: SpanData): ReadableSpan {
    return {
      name: span.name,
      kind: kinds[span.kind],
      spanContext: () => context(span.context),
      ...(span.parent === undefined ? {} : { parentSpanContext: context(span.parent, true) }),
      startTime: time(span.start),
      endTime: time(span.end),
      duration: time(span.end - span.start),
      status: { code: span.failed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
      attributes: plain(span.attributes),
      links: span.link === undefined ? [] : [{ context: context(span.link, true) }],
      events: [],
      ended: true,
      resource: this.#resource,
      instrumentationScope: scope,
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    };
  }

  #log(log: LogData): ReadableLog {
    return {
      hrTime: time(log.at),
      hrTimeObserved: time(log.observed),
      spanContext: context(log.context),
      severityNumber: log.severity === "info" ? 9 : 13,
      severityText: log.severity === "info" ? "INFO" : "WARN",
      eventName: log.name,
      body: log.body,
      resource: this.#resource,
      instrumentationScope: scope,
      attributes: plain(log.attributes),
      droppedAttributesCount: 0,
    };
  }
}

function written(body: Uint8Array | undefined): Uint8Array {
  if (body === undefined) throw new TypeError("the serializer gave nothing");
  return body;
}

/** An answer that cannot be read is one that refuses: what is not surely accepted is sent again. */
function readRejected(read: () => number | string | undefined): number {
  try {
    return Number(read() ?? 0);
  } catch {
    return 1;
  }
}

function context(remote: TraceContext, isRemote = false): SpanContext {
  return { ...remote, traceFlags: TraceFlags.SAMPLED, isRemote };
}

function time(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}

function plain(attributes: Attributes): Record<string, string | number | boolean | string[]> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      typeof value === "object" ? [...value] : value,
    ]),
  );
}
