import type { Protocol } from "../protocol.ts";
import { parseChat } from "./parse.ts";

/** Model calls as Copilot, OpenAI and Anthropic spell them. */
export const chat: Protocol = {
  name: "chat",
  recognises: (_head, target) => target.connection.kind === "copilot",
  parse: parseChat,
};
