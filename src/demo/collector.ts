import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";

/** What a person wants to see of a span. */
export interface CollectedSpan {
  /** Lower-case hex. */
  readonly traceId: string;
  readonly name: string;
  /** Text, numbers and truth values; richer values are left out. */
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

/** A stand-in for an OpenTelemetry collector: takes traces over OTLP/HTTP (protobuf) and keeps what it can show. */
export interface DemoCollector {
  /** The base, for `audit.otlp.url`. */
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  close(): Promise<void>;
}

/** Starts the demo collector on 127.0.0.1; port 0: any free one. */
export async function startDemoCollector(port = 0): Promise<DemoCollector> {
  const spans: CollectedSpan[] = [];
  const server = createServer((request, response) => {
    collect(request, spans).then(
      () => response.writeHead(200, { "content-type": "application/x-protobuf" }).end(),
      () => response.writeHead(400).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function collect(request: IncomingMessage, spans: CollectedSpan[]): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (request.url !== "/v1/traces") return;
  const sent = Buffer.concat(chunks);
  const body = request.headers["content-encoding"] === "gzip" ? gunzipSync(sent) : sent;
  // ExportTraceServiceRequest.resource_spans[].scope_spans[].spans[] of opentelemetry-proto 1.x.
  for (const resource of messages(body, 1))
    for (const scope of messages(resource, 2))
      for (const span of messages(scope, 2)) spans.push(readSpan(span));
}

function readSpan(span: Buffer): CollectedSpan {
  const attributes = messages(span, 9).flatMap((pair) => {
    const value = readValue(messages(pair, 2)[0] ?? Buffer.alloc(0));
    return value === undefined
      ? []
      : [[messages(pair, 1)[0]?.toString("utf8") ?? "", value] as const];
  });
  return {
    traceId: messages(span, 1)[0]?.toString("hex") ?? "",
    name: messages(span, 5)[0]?.toString("utf8") ?? "",
    attributes: Object.fromEntries(attributes),
  };
}

function readValue(value: Buffer): string | number | boolean | undefined {
  const [first] = fields(value);
  switch (first?.number) {
    case 1:
      return first.bytes?.toString("utf8");
    case 2:
      return first.varint === 1n;
    case 3:
      return Number(BigInt.asIntN(64, first.varint ?? 0n));
    default:
      return undefined;
  }
}

interface Field {
  readonly number: number;
  readonly varint?: bigint;
  readonly bytes?: Buffer;
}

function messages(message: Buffer, number: number): readonly Buffer[] {
  return [...fields(message)].flatMap((field) =>
    field.number === number && field.bytes !== undefined ? [field.bytes] : [],
  );
}

/** The fields of a protobuf message, in order; groups, which OTLP never uses, end it. */
function* fields(message: Buffer): Generator<Field> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = Number(varint());
    const [number, type] = [tag >>> 3, tag & 7];
    if (type === 0) yield { number, varint: varint() };
    else if (type === 1) at += 8;
    else if (type === 5) at += 4;
    else if (type === 2) {
      const length = Number(varint());
      yield { number, bytes: message.subarray(at, at + length) };
      at += length;
    } else return;
  }
}
