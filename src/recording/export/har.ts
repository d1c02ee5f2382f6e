import type { Line } from "../entry.ts";
import type { Body, Story } from "../story.ts";

/** A HAR 1.2 log (the W3C web performance group's format), one entry per exchange, streamed. */
export async function* har(stories: AsyncIterable<Story>, version: string): AsyncGenerator<string> {
  const creator = JSON.stringify({ name: "Sallyport", version });
  yield `{"log":{"version":"1.2","creator":${creator},"entries":[`;
  let first = true;
  for await (const story of stories) {
    yield `${first ? "" : ","}\n${JSON.stringify(entryOf(story))}`;
    first = false;
  }
  yield "\n]}}\n";
}

function entryOf(story: Story): object {
  const { opened, answer, entries, request, response } = story;
  const last = Math.max(0, ...entries.map((entry) => ("t" in entry ? entry.t : 0)));
  const sent = request.times.at(-1)?.[0] ?? 0;
  const answered = Math.max(sent, entries.find((entry) => entry.k === "answer")?.t ?? last);
  const end = Math.max(last, answered);
  return {
    startedDateTime: new Date(opened.at).toISOString(),
    time: end,
    request: {
      method: opened.method,
      url: urlOf(story),
      httpVersion: "HTTP/1.1",
      cookies: [],
      headers: headersOf(opened.headers),
      queryString: [...new URL(urlOf(story)).searchParams].map(([name, value]) => ({
        name,
        value,
      })),
      headersSize: -1,
      bodySize: bytesIn(story, "request"),
      ...(request.bytes.length === 0 ? {} : { postData: postData(opened.headers, request) }),
    },
    response: {
      status: answer?.status ?? 0,
      statusText: "",
      httpVersion: "HTTP/1.1",
      cookies: [],
      headers: headersOf(answer?.headers ?? []),
      content: contentOf(answer?.headers ?? [], response, bytesIn(story, "response")),
      redirectURL: answer?.headers.find(([name]) => name === "location")?.[1] ?? "",
      headersSize: -1,
      bodySize: bytesIn(story, "response"),
    },
    cache: {},
    timings: { send: sent, wait: answered - sent, receive: end - answered },
    comment: `${opened.record} ${decisionOf(story)}`,
    _sallyport: {
      record: opened.record,
      session: opened.principal.id,
      decision: decisionOf(story),
      rules: opened.rules,
      operations: opened.operations,
      masks: entries.filter(({ k }) => k === "mask"),
      gaps: entries.filter(({ k }) => k === "gap"),
      ended: story.ended,
    },
  };
}

function urlOf({ opened: { scheme, authority, path } }: Story): string {
  const url = `${scheme}://${authority}${path}`;
  return URL.canParse(url) ? url : `${scheme}://invalid${encodeURI(path)}`;
}

function decisionOf({ entries }: Story): string {
  return entries.find((entry) => entry.k === "decided")?.decision ?? "none";
}

function bytesIn({ entries }: Story, dir: "request" | "response"): number {
  const over = entries.find((entry) => entry.k === "over" && entry.dir === dir);
  return over?.k === "over" ? over.bytes : 0;
}

function headersOf(lines: readonly Line[]): readonly object[] {
  return lines.map(([name, value]) => ({ name, value }));
}

function typeOf(lines: readonly Line[]): string {
  return lines.find(([name]) => name === "content-type")?.[1] ?? "";
}

function postData(headers: readonly Line[], { bytes, cut }: Body): object {
  const mimeType = typeOf(headers);
  return { mimeType, params: [], text: bytes.toString("utf8"), ...(cut ? { comment: "cut" } : {}) };
}

function contentOf(headers: readonly Line[], { bytes, cut }: Body, size: number): object {
  const text = bytes.toString("utf8");
  const whole = Buffer.from(text, "utf8").equals(bytes);
  return {
    size,
    mimeType: typeOf(headers) || "x-unknown",
    ...(whole ? { text } : { text: bytes.toString("base64"), encoding: "base64" }),
    ...(cut ? { comment: "cut" } : {}),
  };
}
