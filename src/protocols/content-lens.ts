import type { Fields } from "../http/fields.ts";
import type { RequestHead } from "../http/message.ts";
import { formLens, githubLens, sseJsonLens, textLens } from "./chat/lens.ts";
import type { Lens } from "./protocol.ts";

/** What a body is made of, by its `content-type`. */
export type BodyForm = "json" | "events" | "form" | "text";

/** JSON by any of its names, server-sent events, a form, or text. */
export function formOf(fields: Fields): BodyForm {
  const type = (fields.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (type === "text/event-stream") return "events";
  if (type === "application/x-www-form-urlencoded") return "form";
  return /^(application|text)\/([\w.-]+\+)?json$|ndjson$/.test(type) ? "json" : "text";
}

const lenses: Readonly<Record<BodyForm, Lens>> = {
  json: githubLens,
  events: sseJsonLens,
  form: formLens,
  text: textLens,
};

/** Reaches the strings of JSON, events and forms, of whatever shape; `content` may be a file in base64. */
export function contentLens(fields: Fields): Lens {
  return lenses[formOf(fields)];
}

/** A request to GitHub's API: JSON also where curl calls it a form, or nobody calls it anything. */
export function apiRequestLens({ fields }: RequestHead): Lens {
  const form = formOf(fields);
  return form === "form" || !fields.has("content-type") ? githubLens : lenses[form];
}
