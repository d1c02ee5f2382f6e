import { protocols } from "../protocols/index.ts";
import type { Listen } from "../recording/story.ts";

/** Listens to what models and tools say, by the name of the protocol in which they say it. */
export const listen: Listen = (name) =>
  protocols.find((protocol) => protocol.name === name)?.listen?.();
