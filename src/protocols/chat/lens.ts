import { editJson, type JsonPath, type Treatment } from "../../http/json-edit.ts";
import type { Lens } from "../protocol.ts";
import { completionsStream, treatCompletions } from "./lens-completions.ts";
import { sseLens } from "./lens-stream.ts";

/** Plain text: one channel, `body`. */
export const textLens: Lens = (open) => open("body");

/** JSON whose strings, wherever they are, each go through a channel called like their path. */
export function jsonLensWith(treat: (path: JsonPath) => Treatment | undefined): Lens {
  return (open) => editJson({ open, treat });
}

/** JSON of any shape. */
export const jsonLens: Lens = (open) => editJson({ open });

/** Chat completions, whole. */
export const chatLens: Lens = jsonLensWith(treatCompletions);

/** Chat completions and completions, as server-sent events. */
export const sseChatLens: Lens = sseLens(completionsStream);
