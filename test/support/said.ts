import type { Said } from "../../src/core/said.ts";
import { Fields } from "../../src/http/fields.ts";
import { chat } from "../../src/protocols/chat/index.ts";
import type { Protocol } from "../../src/protocols/protocol.ts";
import type { SaidReader } from "../../src/protocols/said/reader.ts";

export const json = new Fields([["content-type", "application/json"]]);
export const events = new Fields([["content-type", "text/event-stream"]]);

/** Reads a body cut at these places. */
export function feed(reader: SaidReader, body: Uint8Array, cuts: readonly number[] = []): Said[] {
  const said: Said[] = [];
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    said.push(...reader.write(body.slice(from, cut)));
    from = Math.max(from, cut);
  }
  said.push(...reader.write(body.slice(from)), ...reader.end());
  return said;
}

/** Server-sent events with this data. */
export const stream = (...data: readonly (object | string)[]) =>
  data
    .map((value) => `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`)
    .join("");

/** What the answer to a bare question says, in short. */
export function answer(
  body: string,
  fields = events,
  protocol: Protocol = chat,
): readonly string[] {
  const reader = protocol.listen?.().response({ status: 200, fields });
  return feed(reader!, Buffer.from(body)).map(short);
}

/** One utterance in a line. */
export function short({ role, turn, model, part }: Said): string {
  const from = `${role} ${turn}${model === undefined ? "" : ` ${model}`}`;
  switch (part.kind) {
    case "toolCall":
      return `${from} calls ${part.id} ${part.name}(${part.arguments})`;
    case "toolResult":
      return `${from} answers ${part.id}${part.failed ? " failed" : ""}: ${part.text}`;
    case "code":
      return `${from} code[${part.info}]: ${part.text}`;
    default:
      return `${from} ${part.kind}: ${part.text}`;
  }
}

/** What a question says, in short. */
export function question(
  body: object,
  fields = json,
  protocol: Protocol = chat,
): readonly string[] {
  const reader = protocol.listen?.().request(fields);
  return feed(reader!, Buffer.from(JSON.stringify(body))).map(short);
}
