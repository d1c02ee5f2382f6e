import { readFileSync } from "node:fs";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { parsedJson } from "../base/json.ts";

/** A request for a JSON document. */
export interface JsonRequest {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: object;
}

export interface JsonReply {
  readonly status: number;
  /** The document; `undefined` when there is none or it is not JSON. */
  readonly body: unknown;
}

/** Asks for a document and follows no redirect, so that no header goes elsewhere; rejects when nobody answers. */
export type AskJson = (request: JsonRequest) => Promise<JsonReply>;

const longestReply = 1024 * 1024;

/** Asks over HTTP(S), trusting that certificate authority alone where one is given (the path of a PEM file). */
export function jsonClient(timeout: number, ca?: string): AskJson {
  const authority = ca === undefined ? {} : { ca: readFileSync(ca) };
  return ({ method, url, headers, body }) =>
    new Promise((resolve, reject) => {
      const send = url.protocol === "https:" ? requestHttps : requestHttp;
      const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
      const length = payload === undefined ? {} : { "content-length": String(payload.length) };
      const options = {
        method,
        headers: { "user-agent": "sallyport", ...headers, ...length },
        signal: AbortSignal.timeout(timeout),
        ...authority,
      };
      const outgoing = send(url, options, (incoming) => {
        const chunks: Buffer[] = [];
        let size = 0;
        incoming.on("data", (chunk: Buffer) => {
          size += chunk.length;
          if (size > longestReply) incoming.destroy(new Error("the reply is too large"));
          else chunks.push(chunk);
        });
        incoming.on("error", reject);
        incoming.on("end", () => {
          resolve({ status: incoming.statusCode ?? 0, body: parsedJson(Buffer.concat(chunks)) });
        });
      });
      outgoing.on("error", reject);
      outgoing.end(payload);
    });
}
