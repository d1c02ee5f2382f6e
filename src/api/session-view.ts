import type { RecordedExchange } from "../recording/read.ts";
import type { Story } from "../recording/story.ts";
import type { SessionPage } from "./session-desk.ts";

/** A session as the API shows it. */
export function sessionView({ summary, exchanges, total, from }: SessionPage): object {
  return { ...summary, total, from, exchanges: exchanges.map(exchangeView) };
}

function exchangeView({ opened, entries, ended, body }: RecordedExchange): object {
  const decided = entries.find((entry) => entry.k === "decided");
  const answer = entries.find((entry) => entry.k === "answer");
  return {
    record: opened.record,
    at: opened.at,
    level: opened.level,
    method: opened.method,
    path: opened.path,
    protocol: opened.protocol,
    operations: opened.operations.map(({ name, resource, access }) => ({ name, resource, access })),
    rules: opened.rules,
    decision: decided?.decision,
    reason: decided?.reason,
    status: answer?.status,
    masks: entries.filter(({ k }) => k === "mask").length,
    gaps: entries.filter(({ k }) => k === "gap").length,
    lasted: Math.max(0, ...entries.map((entry) => ("t" in entry ? entry.t : 0))),
    ended,
    blocks: { request: body.request.blocks.length, response: body.response.blocks.length },
  };
}

/** One exchange as the player plays it. */
export function storyView(story: Story): object {
  const { opened, entries, ended, answer, said, request, response } = story;
  return {
    opened,
    entries: entries.filter(({ k }) => k !== "open"),
    ended,
    answer,
    said,
    request: bodyView(request),
    response: bodyView(response),
  };
}

function bodyView({ bytes, times, cut }: Story["request"]): object {
  return { text: bytes.toString("utf8"), times, cut };
}
