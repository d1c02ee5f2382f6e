import { ProtobufLogsSerializer, ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import { type Attributes, names } from "./attributes.ts";
import type { Answer } from "./delivery.ts";
import type { LogData } from "./log-data.ts";
import { encodeLogs, encodeSpans } from "./otlp-encoding.ts";
import { otlpGrpc } from "./otlp-grpc-client.ts";
import { otlpHttp } from "./otlp-http-client.ts";
import type { OtlpOptions, OtlpTransport } from "./otlp-transport.ts";
import type { SpanData } from "./span.ts";

/** Sends spans and log records to an OTLP receiver (protobuf, over HTTP or gRPC), and tells what became of them. */
export class OtlpSender {
  readonly #transport: OtlpTransport;
  readonly #resource: Attributes;

  constructor(options: OtlpOptions, replica: string) {
    this.#transport = options.protocol === "grpc" ? otlpGrpc(options) : otlpHttp(options);
    this.#resource = [
      [names.serviceName, "sallyport"],
      [names.serviceInstance, replica],
    ];
  }

  /** Lets go of the connections. */
  close(): void {
    this.#transport.close();
  }

  async spans(spans: readonly SpanData[]): Promise<Answer> {
    const answer = await this.#transport.send("traces", encodeSpans(this.#resource, spans));
    if (answer.kind !== "taken") return answer;
    const rejected = readRejected(
      () =>
        ProtobufTraceSerializer.deserializeResponse(answer.response).partialSuccess?.rejectedSpans,
    );
    return rejected > 0 ? { kind: "refused", rejected } : { kind: "accepted" };
  }

  async logs(logs: readonly LogData[]): Promise<Answer> {
    const answer = await this.#transport.send("logs", encodeLogs(this.#resource, logs));
    if (answer.kind !== "taken") return answer;
    const rejected = readRejected(
      () =>
        ProtobufLogsSerializer.deserializeResponse(answer.response).partialSuccess
          ?.rejectedLogRecords,
    );
    return rejected > 0 ? { kind: "refused", rejected } : { kind: "accepted" };
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
