import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Part } from "../../../src/core/said.ts";
import { chat } from "../../../src/protocols/chat/index.ts";
import { cutFences } from "../../../src/protocols/said/fences.ts";
import { events, feed, stream } from "../../support/said.ts";

/** Pieces as models send them: words, marks of fences, characters that JSON escapes, and one that marks byte order. */
const piece = fc.oneof(
  fc.constantFrom(
    "a",
    " word",
    "",
    "\n```\n",
    "```ts\n",
    '"',
    "\\",
    "\n",
    "é",
    "😀",
    "\ufeff",
    ",",
    "text",
  ),
  fc.string({ unit: "grapheme", maxLength: 8 }),
);
const pieces = fc.array(piece, { maxLength: 40 });
const cuts = fc.array(fc.nat(8000), { maxLength: 6 });
/** How one writes JSON, or another: with the fewest escapes, or with none but ASCII. */
const spellings = fc.array(fc.boolean(), { minLength: 1, maxLength: 5 });

type Dialect = (texts: readonly string[]) => readonly object[];

const dialects: Readonly<Record<string, Dialect>> = {
  "chat completions": (texts) =>
    texts.map((content) => ({ id: "c", model: "m", choices: [{ index: 0, delta: { content } }] })),
  "two choices in turn": (texts) =>
    texts.flatMap((content) =>
      [0, 1].map((index) => ({ model: "m", choices: [{ index, delta: { content } }] })),
    ),
  "two texts in one event": (texts) =>
    texts.map((content) => ({
      choices: [{ delta: { content } }, { index: 1, delta: { content } }],
    })),
  "a text beside another": (texts) =>
    texts.map((content) => ({ choices: [{ delta: { content, refusal: "no" } }] })),
  "Anthropic messages": (texts) => [
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    ...texts.map((text) => ({
      type: "content_block_delta",
      index: 0,
      delta: { type: "text_delta", text },
    })),
  ],
  responses: (texts) => [
    { type: "response.output_item.added", output_index: 0, item: { type: "message" } },
    ...texts.map((delta, at) => ({
      type: "response.output_text.delta",
      output_index: 0,
      sequence_number: at,
      delta,
      obfuscation: "x".repeat(at % 7),
    })),
  ],
};
/** What is said, where it is not the pieces once. */
const others: Readonly<Record<string, (texts: readonly string[]) => readonly Part[]>> = {
  "two choices in turn": (texts) => [...whole(texts), ...whole(texts)],
  "two texts in one event": (texts) => [...whole(texts), ...whole(texts)],
  "a text beside another": (texts) => [...whole(texts), ...cutFences("no".repeat(texts.length))],
};
const whole = (texts: readonly string[]): readonly Part[] => cutFences(texts.join(""));

describe("what is said in pieces", () => {
  it.each(Object.entries(dialects))("is the whole of them: %s", (name, dialect) => {
    fc.assert(
      fc.property(pieces, spellings, cuts, (given, ascii, places) => {
        const spelled = dialect(given).map((event, at) =>
          spelledOf(event, ascii[at % ascii.length] === true),
        );
        const reader = chat.listen?.("all").response({ status: 200, fields: events });
        const said = feed(reader!, Buffer.from(stream(...spelled)), places);
        expect(said.map(({ part }) => part)).toEqual((others[name] ?? whole)(given));
      }),
      { numRuns: 500 },
    );
  });
});

function spelledOf(event: object, ascii: boolean): string {
  const json = JSON.stringify(event);
  return ascii ? json.replace(/[^ -~]/g, escaped) : json;
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
