import fc from "fast-check";
import { expect, test } from "vitest";
import { signedChatLens, signedSseChatLens } from "../../../../src/protocols/chat/lens.ts";
import { restoreThinking, sealThinking } from "../../../../src/protocols/chat/thinking.ts";
import type { Lens, SignedSeal } from "../../../../src/protocols/protocol.ts";
import { run, runSlowly, secrets } from "../../../property/http/lens-fixture.ts";

/** A box that anybody can open: what goes in and comes out is what counts here. */
const seal: SignedSeal = {
  close: (block) => Buffer.from(JSON.stringify(block)).toString("base64url"),
  open: (sealed) => JSON.parse(Buffer.from(sealed, "base64url").toString("utf8")),
};
const sealing =
  (lens: Lens): Lens =>
  (open) =>
    lens(sealThinking(open, seal));

const words = fc.array(
  fc.constantFrom("so ", 'a "quoted" ', "é\n", ...secrets.map((s) => `${s} `)),
);
const cuts = fc.array(fc.nat(4000), { maxLength: 12 });

function messageOf(thinking: string): object {
  return { content: [{ type: "thinking", thinking, signature: "sig+/=" }], role: "assistant" };
}

function eventsOf(pieces: readonly string[]): string {
  const list = [
    { type: "content_block_start", index: 0, content_block: { type: "thinking", thinking: "" } },
    ...pieces.map((thinking) => ({
      type: "content_block_delta",
      index: 0,
      delta: { type: "thinking_delta", thinking },
    })),
    {
      type: "content_block_delta",
      index: 0,
      delta: { type: "signature_delta", signature: "sig+/=" },
    },
    { type: "content_block_stop", index: 0 },
  ];
  return list.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}

/** As a client keeps it: pieces of thinking add up, the last signature counts. */
function kept(events: string): object {
  let thinking = "";
  let signature = "";
  for (const [, data = ""] of events.matchAll(/^data: (.*)$/gm)) {
    const { delta = {} } = JSON.parse(data) as {
      delta?: { thinking?: string; signature?: string };
    };
    thinking += delta.thinking ?? "";
    signature = delta.signature ?? signature;
  }
  return { content: [{ type: "thinking", thinking, signature }], role: "assistant" };
}

function sentBack(message: object): string {
  const first = { role: "user", content: "Think of content.0.thinking" };
  const body = Buffer.from(JSON.stringify({ messages: [first, message], model: "m" }));
  const restore = restoreThinking(body, seal);
  if (restore === undefined) return body.toString("utf8");
  return Buffer.concat([restore.write(body), restore.flush()]).toString("utf8");
}

test("whatever a model thinks, and however it is cut, it gets back what it wrote, and no client sees a secret", () => {
  fc.assert(
    fc.property(words, cuts, (pieces, places) => {
      const thinking = pieces.join("");
      const asIs = JSON.stringify({
        messages: [{ role: "user", content: "Think of content.0.thinking" }, messageOf(thinking)],
        model: "m",
      });
      const body = Buffer.from(JSON.stringify(messageOf(thinking)));
      for (const how of [run, runSlowly]) {
        const whole = how(sealing(signedChatLens), body, places).out.toString("utf8");
        const events = Buffer.from(eventsOf(pieces));
        const streamed = how(sealing(signedSseChatLens), events, places).out.toString("utf8");
        for (const secret of secrets) expect(whole + streamed).not.toContain(secret);
        expect(sentBack(JSON.parse(whole))).toBe(asIs);
        expect(sentBack(kept(streamed))).toBe(asIs);
      }
    }),
    { numRuns: 60 },
  );
});

test("what holds no box goes as it is, whatever it holds instead", () => {
  const bodies = ["", "{", "null", '{"messages":7}', '"sallyport-thinking-v1."', "[1]"];
  for (const body of bodies) expect(restoreThinking(Buffer.from(body), seal)).toBeUndefined();
});
