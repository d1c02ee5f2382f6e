import { readFileSync } from "node:fs";
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";
import {
  defaultTimeout,
  type OtlpOptions,
  type OtlpTransport,
  type Sent,
} from "./otlp-transport.ts";

const methods = {
  traces: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
  logs: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
} as const;

/** OTLP over gRPC: one unary call for each request, over one HTTP/2 connection (gRPC over HTTP2, section Requests). */
export function otlpGrpc(options: OtlpOptions): OtlpTransport {
  const ca = options.ca === undefined ? {} : { ca: readFileSync(options.ca) };
  let session: ClientHttp2Session | undefined;
  const open = (): ClientHttp2Session => {
    if (session !== undefined && !session.closed && !session.destroyed) return session;
    const opened = connect(options.url, ca);
    // Each call tells of an outage by itself.
    opened.on("error", () => undefined);
    opened.unref();
    session = opened;
    return opened;
  };
  const call = (method: string, message: Uint8Array): Promise<Called> =>
    new Promise((resolve, reject) => {
      const stream = open().request({
        ...options.headers,
        ":method": "POST",
        ":path": method,
        "content-type": "application/grpc",
        te: "trailers",
      });
      const chunks: Buffer[] = [];
      let head: IncomingHttpHeaders = {};
      let trailers: IncomingHttpHeaders = {};
      stream.setTimeout(options.timeout ?? defaultTimeout, () => {
        // A connection that does not answer is not used again.
        session?.destroy();
        reject(new Error("the collector does not answer"));
      });
      stream.on("response", (headers) => (head = headers));
      stream.on("trailers", (headers) => (trailers = headers));
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.once("error", reject);
      stream.once("close", () => resolve({ head, trailers, body: Buffer.concat(chunks) }));
      stream.end(framed(message));
    });
  return {
    send: async (what, request) => {
      try {
        return sentOf(await call(methods[what], request));
      } catch {
        return { kind: "unreachable" };
      }
    },
    close: () => session?.destroy(),
  };
}

interface Called {
  readonly head: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A message behind its length, not compressed. */
function framed(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(5 + message.length);
  frame.writeUInt8(0, 0);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return frame;
}

const invalidArgument = "3";
const resourceExhausted = "8";

function sentOf({ head, trailers, body }: Called): Sent {
  const status = trailers["grpc-status"] ?? head["grpc-status"];
  if (status === "0" && body.length >= 5 && body.readUInt8(0) === 0)
    return { kind: "taken", response: body.subarray(5, 5 + body.readUInt32BE(1)) };
  // About the content, or its size: smaller batches tell which.
  if (status === invalidArgument || status === resourceExhausted)
    return { kind: "refused", rejected: 0 };
  return { kind: "unreachable" };
}
