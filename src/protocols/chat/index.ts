import type { RequestHead, ResponseHead } from "../../http/message.ts";
import { contentLens, formOf } from "../content-lens.ts";
import type { Lens, Protocol } from "../protocol.ts";
import { chatLens, signedChatLens, signedSseChatLens, sseChatLens } from "./lens.ts";
import { meterModel } from "./meter.ts";
import { parseChat } from "./parse.ts";
import { listenToModel } from "./said.ts";
import { restoreThinking, sealThinking } from "./thinking.ts";
import { dropThinking } from "./thinking-drop.ts";

/** One lens reads every dialect of model calls, whole or streamed. */
function modelLens({ fields }: RequestHead | ResponseHead): Lens {
  const form = formOf(fields);
  if (form === "events") return sseChatLens;
  return form === "json" ? chatLens : contentLens(fields);
}

const withSignatures = new Map<Lens, Lens>([
  [chatLens, signedChatLens],
  [sseChatLens, signedSseChatLens],
]);

/** Model calls as Copilot, OpenAI and Anthropic spell them. */
export const chat: Protocol = {
  name: "chat",
  recognises: (_head, target) => target.connection.kind === "copilot",
  parse: parseChat,
  // Every model API takes JSON, whatever the client calls it.
  requestLens: () => chatLens,
  responseLens: modelLens,
  signed: {
    lens: (lens) => withSignatures.get(lens) ?? lens,
    seal: sealThinking,
    drop: dropThinking,
    restore: restoreThinking,
  },
  listen: listenToModel,
  meter: meterModel,
};
