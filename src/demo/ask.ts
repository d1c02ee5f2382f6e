import { request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";

export interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** PEM of the only authority that is trusted; absent: the system's. */
  readonly ca?: string;
  /** Gives up, and closes the connection. */
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly trailers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  /** The body as text. */
  readonly text: string;
}

/** Asks over HTTP/1.1 on a connection of its own. Rejects where the connection fails or the answer is cut short. */
export function ask(url: string, question: Question = {}): Promise<Answer> {
  const { method = "GET", headers = {}, body, ca, signal } = question;
  return new Promise((resolve, reject) => {
    const options = {
      method,
      headers: {
        ...(body === undefined ? {} : { "content-length": Buffer.byteLength(body) }),
        ...headers,
      },
      agent: false as const,
      ...(ca === undefined ? {} : { ca }),
      ...(signal === undefined ? {} : { signal }),
    };
    const asked = url.startsWith("https:") ? requestTls(url, options) : requestPlain(url, options);
    asked.on("error", reject);
    asked.on("response", (answer) => {
      const chunks: Buffer[] = [];
      answer.on("error", reject);
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => {
        const whole = Buffer.concat(chunks);
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          trailers: answer.trailers,
          body: whole,
          text: whole.toString("utf8"),
        });
      });
    });
    asked.end(body);
  });
}
