import type { Fields } from "../http/fields.ts";
import { jsonLens, sseChatLens, textLens } from "./chat/lens.ts";
import type { Lens } from "./protocol.ts";

/** How to reach text by its media type alone (RFC 9110 section 8.3): for bodies that no protocol knows better. */
export function contentLens(fields: Fields): Lens {
  const type = mediaType(fields);
  if (type === "text/event-stream") return sseChatLens;
  if (type === "application/json" || type.endsWith("+json")) return jsonLens;
  return textLens;
}

/** In lower case and without parameters; empty where there is none. */
export function mediaType(fields: Fields): string {
  const [type = ""] = (fields.get("content-type") ?? "").split(";");
  return type.trim().toLowerCase();
}
