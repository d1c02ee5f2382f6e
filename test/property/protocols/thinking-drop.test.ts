import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Fields } from "../../../src/http/fields.ts";
import { dropThinking } from "../../../src/protocols/chat/thinking-drop.ts";
import { every, send } from "../http/lens-fixture.ts";

const block = fc.oneof(
  fc.record({
    type: fc.constant("thinking"),
    thinking: fc.string({ unit: "binary" }),
    signature: fc.string(),
  }),
  fc.record({ type: fc.constant("redacted_thinking"), data: fc.string() }),
  fc.record({ type: fc.constant("text"), text: fc.string({ unit: "binary" }) }),
  fc.record({
    type: fc.constant("tool_use"),
    id: fc.string(),
    // One that looks like thinking, further inside.
    input: fc.jsonValue().map((value) => ({ value, content: [{ type: "thinking" }] })),
  }),
);
const isThought = ({ type }: { readonly type: string }): boolean => /thinking$/.test(type);

function dropped(type: string, body: string, cuts: readonly number[] = []): string {
  const head = { status: 200, fields: new Fields([["content-type", type]]) };
  const transform = dropThinking(head);
  if (transform === undefined) throw new Error("it is left as it is");
  return send(transform, Buffer.from(body), cuts).toString();
}

describe("thinking that is dropped", () => {
  it("leaves all else of a whole message as it is, byte for byte", () => {
    fc.assert(
      fc.property(
        fc.array(block, { maxLength: 6 }),
        fc.nat(3),
        fc.array(fc.nat()),
        (content, space, cuts) => {
          const rest = content.filter((one) => !isThought(one));
          const message = (list: readonly object[]) =>
            JSON.stringify(
              { id: "m", n: 1, content: list, usage: { content: [content[0]] } },
              null,
              space,
            );
          const body = message(content);
          const out = dropped("application/json", body, cuts);
          expect(JSON.parse(out)).toEqual(JSON.parse(message(rest)));
          if (rest.length === content.length) expect(out).toBe(body);
          if (space === 0) expect(out).toBe(message(rest));
        },
      ),
    );
  });

  it("is taken out of a stream, and the other blocks are counted anew", () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 6 }), fc.array(fc.nat()), (content, cuts) => {
        const event = (data: object) => `event: x\ndata: ${JSON.stringify(data)}\n\n`;
        const stream = (list: readonly { readonly type: string }[]) =>
          [
            event({ type: "message_start", message: { content: [] } }),
            ...list.flatMap((one, index) => [
              event({ type: "content_block_start", index, content_block: one }),
              event({
                type: "content_block_delta",
                index,
                delta: isThought(one)
                  ? { type: "thinking_delta" }
                  : { type: "text_delta", index: 7 },
              }),
              event({ type: "content_block_stop", index }),
            ]),
            event({ type: "message_stop" }),
          ].join("");
        const body = stream(content);
        const expected = stream(content.filter((one) => !isThought(one)));
        expect(dropped("text/event-stream", body, cuts)).toBe(expected);
        expect(dropped("text/event-stream", body, every(1, Buffer.from(body)))).toBe(expected);
      }),
      { numRuns: 40 },
    );
  });

  it("does not go out by halves: of an answer that is cut off, nothing of a block that was begun", () => {
    const whole = JSON.stringify({
      id: "m",
      content: [
        { type: "text", text: "said" },
        { type: "thinking", thinking: "a, thought" },
      ],
    });
    for (let length = 0; length < whole.length; length++)
      expect(dropped("application/json", whole.slice(0, length))).not.toContain("thought");
    const delta = {
      type: "content_block_delta",
      index: 3,
      delta: { type: "thinking_delta", thinking: "thought" },
    };
    expect(dropped("text/event-stream", `data: ${JSON.stringify(delta)}`)).toBe("");
  });

  it("is looked for in JSON and events alone", () => {
    const head = { status: 200, fields: new Fields([["content-type", "text/plain"]]) };
    expect(dropThinking(head)).toBeUndefined();
    for (const odd of ["", "no JSON", "[1,2]", '{"content":"text"}', '{"content":[]}', "{}}]"])
      expect(dropped("application/json", odd)).toBe(odd);
  });
});
