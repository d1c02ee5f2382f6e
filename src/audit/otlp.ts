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
import type { SpanData } from "./span.ts";
import type { TraceContext } from "./trace-context.ts";

export interface OtlpOptions {
  /** The base of an OTLP/HTTP receiver: `http://127.0.0.1:4318`; `/v1/traces` and `/v1/logs` are added. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** How long one request may take, in milliseconds; 10,000 unless told. */
  readonly timeout?: number;
}

type ReadableSpan = Parameters<typeof ProtobufTraceSerializer.serializeRequest>[0][number];
type ReadableLog = Parameters<typeof ProtobufLogsSerializer.serializeRequest>[0][number];

const scope = { name: "sallyport.audit", version: "1" };
const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  internal: SpanKind.INTERNAL,
} as const;

/** Sends spans and log records to an OTLP/HTTP receiver (protobuf), and tells what became of them. */
export class OtlpSender {
  readonly #options: OtlpOptions;
  readonly #base: string;
  readonly #resource: ReadableSpan["resource"];

  constructor(options: OtlpOptions, replica: string) {
    this.#options = options;
    this.#base = options.url.replace(/\/(v1\/(traces|logs)\/?)?$/, "");
    this.#resource = resourceFromAttributes({
      [names.serviceName]: "sallyport",
      [names.serviceInstance]: replica,
    });
  }

  async spans(spans: readonly SpanData[]): Promise<Answer> {
    const body = ProtobufTraceSerializer.serializeRequest(spans.map((span) => this.#span(span)));
    const answer = await this.#post("/v1/traces", body);
    if (answer.kind !== "body") return answer;
    const rejected = readRejected(
      () => ProtobufTraceSerializer.deserializeResponse(answer.bytes).partialSuccess?.rejectedSpans,
    );
    return rejected > 0 ? { kind: "refused", rejected } : { kind: "accepted" };
  }

  async logs(logs: readonly LogData[]): Promise<Answer> {
    const body = ProtobufLogsSerializer.serializeRequest(logs.map((log) => this.#log(log)));
    const answer = await this.#post("/v1/logs", body);
    if (answer.kind !== "body") return answer;
    const rejected = readRejected(
      () =>
        ProtobufLogsSerializer.deserializeResponse(answer.bytes).partialSuccess?.rejectedLogRecords,
    );
    return rejected > 0 ? { kind: "refused", rejected } : { kind: "accepted" };
  }

  async #post(
    path: string,
    body: Uint8Array | undefined,
  ): Promise<Answer | { kind: "body"; bytes: Uint8Array }> {
    if (body === undefined) throw new TypeError("the serializer gave nothing");
    let response: Response;
    let bytes: Uint8Array;
    try {
      response = await fetch(this.#base + path, {
        method: "POST",
        headers: { ...this.#options.headers, "content-type": "application/x-protobuf" },
        body: new Uint8Array(body),
        redirect: "error",
        signal: AbortSignal.timeout(this.#options.timeout ?? 10_000),
      });
      bytes = new Uint8Array(await response.arrayBuffer());
    } catch {
      return { kind: "unreachable" };
    }
    if (response.ok) return { kind: "body", bytes };
    // What the protocol calls not retryable is about the content, or about us: smaller batches tell which.
    if ([400, 413, 422].includes(response.status)) return { kind: "refused", rejected: 0 };
    const after = Number(response.headers.get("retry-after"));
    return Number.isFinite(after) && after > 0
      ? { kind: "unreachable", retryAfter: after * 1000 }
      : { kind: "unreachable" };
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
