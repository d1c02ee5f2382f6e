import type { Said } from "../../core/said.ts";
import { NewlySaid, type Story } from "../story.ts";

/** A transcript to read: who asked for what, what was said, decided and masked, in order. */
export async function* markdown(
  session: string,
  stories: AsyncIterable<Story>,
): AsyncGenerator<string> {
  const heard = new NewlySaid();
  yield `# Session ${session}\n`;
  for await (const story of stories) yield exchangeText(story, heard.of(story.said));
}

function exchangeText(story: Story, said: readonly Said[]): string {
  const { opened, entries, answer, ended } = story;
  const operations = opened.operations.map(({ name, resource }) => `${name} on ${resource}`);
  const lines = [
    "",
    `## ${new Date(opened.at).toISOString()} ${opened.method} ${code(opened.path)}`,
    "",
    `- who: ${code(opened.principal.id)}`,
    `- record: ${code(opened.record)}`,
    ...operations.map((operation) => `- asked: ${code(operation)}`),
    ...entries.flatMap(noteOf),
    ...(answer === undefined ? ["- no answer"] : []),
    ...(ended ? [] : ["- cut: the gateway died, or still records, before its end"]),
    ...said.flatMap(saidText),
    ...(said.length === 0 ? bodiesOf(story) : []),
  ];
  return `${lines.join("\n")}\n`;
}

function noteOf(entry: Story["entries"][number]): readonly string[] {
  switch (entry.k) {
    case "parked":
      return [`- waited for approval ${code(entry.approval)}`];
    case "decided":
      return [
        `- decided: **${entry.decision}**${entry.reason === undefined ? "" : ` (${code(entry.reason)})`}`,
      ];
    case "mask":
      return [
        `- masked in the ${entry.dir}: ${code(`${entry.rule} ${entry.fingerprint}`)} at ${code(entry.channel)} ${entry.offset}+${entry.length}`,
      ];
    case "gap":
      return [`- gap in the ${entry.dir}: ${entry.bytes} bytes are not here`];
    case "answer":
      return [`- answered ${entry.status} by the ${entry.by} after ${entry.t} ms`];
    case "over":
      return entry.left === undefined || entry.bytes === 0
        ? []
        : [`- ${entry.dir}: ${entry.bytes} bytes, not kept (${entry.left})`];
    case "open":
    case "end":
      return [];
  }
}

function saidText({ role, part }: Said): readonly string[] {
  const title = (what: string) => ["", `**${role}**${what}`, ""];
  switch (part.kind) {
    case "text":
    case "reasoning":
      return [...title(part.kind === "text" ? "" : " (reasoning)"), quoted(part.text)];
    case "code":
      return [...title(""), fenced(part.text, part.info)];
    case "toolCall":
      return [...title(` calls ${code(part.name)}`), fenced(part.arguments, "json")];
    case "toolResult":
      return [...title(part.failed ? " failed" : " gave"), fenced(part.text, "")];
  }
}

function bodiesOf({ request, response }: Story): readonly string[] {
  return [
    ...(request.bytes.length === 0 ? [] : ["", fenced(request.bytes.toString("utf8"), "")]),
    ...(response.bytes.length === 0 ? [] : ["", fenced(response.bytes.toString("utf8"), "")]),
  ];
}

/** As a quotation, in which nothing is a heading, a link that opens by itself, or HTML. */
function quoted(text: string): string {
  return text
    .replace(/[<&]/g, (character) => (character === "<" ? "&lt;" : "&amp;"))
    .split("\n")
    .map((line) => `> ${line}`)
    .join("\n");
}

function fenced(text: string, info: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${info.replace(/[^\w+-]/g, "")}\n${text}\n${fence}`;
}

function code(text: string): string {
  return `\`${text.replace(/[`\n\r]/g, " ")}\``;
}
