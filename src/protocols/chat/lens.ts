import { editJson, type JsonPath, type Treatment } from "../../http/json-edit.ts";
import type { Lens } from "../protocol.ts";
import { completionsStream, treatCompletions } from "./lens-completions.ts";
import { messagesStream, treatMessages } from "./lens-messages.ts";
import { responsesStream, treatResponses } from "./lens-responses.ts";
import { sseLens } from "./lens-stream.ts";

/** Plain text: one channel, `body`. */
export const textLens: Lens = (open) => open("body");

/** JSON whose strings, wherever they are, each go through a channel called like their path. */
export function jsonLensWith(treat: (path: JsonPath) => Treatment | undefined): Lens {
  return (open) => editJson({ open, treat });
}

/** JSON of any shape. */
export const jsonLens: Lens = (open) => editJson({ open });

/** Server-sent events whose data is JSON of any shape, each complete in itself. */
export const sseJsonLens: Lens = sseLens({ treat: () => undefined, ends: () => false });

/** Chat completions and completions: whole, and as server-sent events. */
export const chatLens: Lens = jsonLensWith(treatCompletions);
export const sseChatLens: Lens = sseLens(completionsStream);

/** The Responses API. */
export const responsesLens: Lens = jsonLensWith(treatResponses);
export const sseResponsesLens: Lens = sseLens(responsesStream);

/** Anthropic Messages. */
export const messagesLens: Lens = jsonLensWith(treatMessages);
export const sseMessagesLens: Lens = sseLens(messagesStream);
