import { readFileSync } from "node:fs";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { parsedJson } from "../../base/json.ts";
import type { Secret } from "../../base/secret.ts";
import type { Connection } from "../../core/target.ts";
import { brandOf } from "../resource.ts";
import type { ApiAnswer, ApiCall, ApiRequest } from "./api-call.ts";

export interface ApiClientOptions {
  readonly connections: readonly Connection[];
  /** The whole `authorization` value for a connection; `undefined` where it has no credential. Rejects when it cannot be had. */
  authorization(connection: Connection): Promise<Secret | undefined>;
  /** The path of a PEM file with the certificate authorities of a connection's upstream, where it has its own. */
  authority?(connection: Connection): string | undefined;
  /** Milliseconds until a call is given up. */
  readonly timeout: number;
}

const longestReply = 16 * 1024 * 1024;
const maxRedirects = 3;
const absent: ApiAnswer = { status: 404, body: undefined };

/**
 * Calls GitHub's API through the connection that serves it for a brand host; where there is none, nothing is known
 * (404). Redirects (a renamed repository) are followed on the same upstream only.
 */
export function apiClient(options: ApiClientOptions): ApiCall {
  const apis = options.connections.filter(({ kind }) => kind === "github-api");
  return async (request) => {
    const connection = apis.find((candidate) => brandOf(candidate) === request.host);
    if (connection === undefined) return absent;
    const secret = await options.authorization(connection);
    const ca = options.authority?.(connection);
    const send = (url: URL) => once(url, request, secret, ca, options.timeout);
    let url = new URL(request.path, connection.upstream);
    for (let hops = 0; hops <= maxRedirects; hops++) {
      const answer = await send(url);
      if (answer.location === undefined) return answer;
      const next = new URL(answer.location, url);
      if (next.origin !== connection.upstream.origin) return absent;
      url = next;
    }
    return absent;
  };
}

interface Hop extends ApiAnswer {
  readonly location?: string;
}

function once(
  url: URL,
  request: ApiRequest,
  secret: Secret | undefined,
  ca: string | undefined,
  timeout: number,
): Promise<Hop> {
  const send = url.protocol === "https:" ? requestHttps : requestHttp;
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  return new Promise((resolve, reject) => {
    const call = send(
      url,
      {
        method: request.method,
        signal: AbortSignal.timeout(timeout),
        ...(ca === undefined ? {} : { ca: readFileSync(ca) }),
        headers: {
          accept: "application/vnd.github+json",
          "user-agent": "sallyport",
          ...(secret === undefined ? {} : { authorization: secret.reveal() }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
      },
      (response) => {
        read(response).then(resolve, reject);
      },
    );
    call.once("error", reject);
    call.end(body);
  });
}

async function read(response: IncomingMessage): Promise<Hop> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > longestReply) throw new Error("the upstream's answer is too long to be read");
    chunks.push(chunk);
  }
  const status = response.statusCode ?? 0;
  const { location } = response.headers;
  const moved = [301, 302, 307, 308].includes(status) && location !== undefined;
  return { status, body: parsedJson(Buffer.concat(chunks)), ...(moved ? { location } : {}) };
}
