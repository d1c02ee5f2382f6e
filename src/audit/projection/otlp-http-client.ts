import { readFileSync } from "node:fs";
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { buffer } from "node:stream/consumers";
import {
  defaultTimeout,
  type OtlpOptions,
  type OtlpTransport,
  type Sent,
} from "./otlp-transport.ts";

/** OTLP over HTTP with binary protobuf (OTLP specification, section OTLP/HTTP). */
export function otlpHttp(options: OtlpOptions): OtlpTransport {
  const base = options.url.replace(/\/(v1\/(traces|logs)\/?)?$/, "");
  const secure = base.startsWith("https:");
  const ca = options.ca === undefined ? {} : { ca: readFileSync(options.ca) };
  const agent = secure
    ? new HttpsAgent({ keepAlive: true, ...ca })
    : new HttpAgent({ keepAlive: true });
  const headers = { ...options.headers, "content-type": "application/x-protobuf" };
  const signal = () => AbortSignal.timeout(options.timeout ?? defaultTimeout);
  const ask = (path: string, body: Uint8Array): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const start = secure ? httpsRequest : httpRequest;
      const request = start(base + path, { method: "POST", agent, headers, signal: signal() });
      request.once("response", resolve).once("error", reject).end(body);
    });
  return {
    send: async (what, body) => {
      try {
        const response = await ask(`/v1/${what}`, body);
        return sentOf(response, await buffer(response));
      } catch {
        return { kind: "unreachable" };
      }
    },
    close: () => agent.destroy(),
  };
}

function sentOf({ statusCode = 0, headers }: IncomingMessage, response: Buffer): Sent {
  if (statusCode >= 200 && statusCode < 300) return { kind: "taken", response };
  // What the protocol calls not retryable is about the content, or about us: smaller batches tell which.
  if ([400, 413, 422].includes(statusCode)) return { kind: "refused", rejected: 0 };
  const after = Number(headers["retry-after"]);
  return Number.isFinite(after) && after > 0
    ? { kind: "unreachable", retryAfter: after * 1000 }
    : { kind: "unreachable" };
}
