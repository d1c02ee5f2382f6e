import { request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";
import { Readable } from "node:stream";
import { lineSign } from "./matrix.ts";

/** By which way a text is asked for: through the gateway, or from the upstream itself. */
export interface Way {
  /** Addresses of GitHub's API and of Copilot's, without a slash at the end. */
  readonly api: string;
  readonly copilot: string;
  readonly token: string;
  readonly fetch: typeof fetch;
}

export interface WayOptions {
  /** Trusted authorities, in PEM. */
  readonly ca: readonly string[];
  /** The `Host` to ask for; absent: as the address says. */
  readonly host?: string;
  /** Called for each line that comes. */
  readonly saw: () => void;
}

const mostTries = 200;

/**
 * A `fetch` for the official clients over HTTP/1.1 that tells of each line as soon as it is seen, and asks again where a
 * gateway that falls behind on a busy machine has refused.
 */
export function watchedFetch(options: WayOptions): typeof fetch {
  const fetch = fetchOnce(options);
  return async (input, init) => {
    const asked = new Request(input, init);
    for (let left = mostTries; ; left -= 1) {
      const answer = await fetch(asked.clone());
      if (answer.status !== 503 || left === 0) return answer;
      await answer.arrayBuffer();
    }
  };
}

function fetchOnce({ ca, host, saw }: WayOptions): typeof fetch {
  return async (input, init) => {
    const asked = new Request(input, init);
    const url = new URL(asked.url);
    const headers = {
      ...Object.fromEntries(asked.headers),
      ...(host === undefined ? {} : { host }),
    };
    const body = Buffer.from(await asked.arrayBuffer());
    const { method, signal } = asked;
    return new Promise<Response>((resolve, reject) => {
      const ask = url.protocol === "https:" ? requestTls : requestPlain;
      const request = ask(url, { method, headers, ca: [...ca], agent: false, signal }, (answer) => {
        const { statusCode: status = 0, headers: lines } = answer;
        const told = Object.entries(lines).map(([name, value]) => [name, String(value)] as const);
        const stream = Readable.from(watched(answer, saw));
        const content = [202, 204, 405].includes(status) ? null : Readable.toWeb(stream);
        if (content === null) answer.resume();
        resolve(
          new Response(content as ReadableStream, { status, headers: Object.fromEntries(told) }),
        );
      });
      request.on("error", reject);
      request.end(body);
    });
  };
}

/** The same chunks, and a call for each line in them. */
async function* watched(chunks: AsyncIterable<Buffer>, saw: () => void): AsyncIterable<Buffer> {
  let tail = "";
  for await (const chunk of chunks) {
    const parts = (tail + chunk.toString("latin1")).split(lineSign);
    for (let count = 1; count < parts.length; count += 1) saw();
    tail = (parts.at(-1) ?? "").slice(1 - lineSign.length);
    yield chunk;
  }
}
