import type { ReadSession, SessionReader } from "../read.ts";
import { type Listen, type Story, tell } from "../story.ts";
import { har } from "./har.ts";
import { html } from "./html.ts";
import { jsonLines } from "./jsonl.ts";
import { markdown } from "./markdown.ts";
import { ocsfLines } from "./ocsf.ts";

/** The forms in which a session can be taken away, and what each is called elsewhere. */
export const exportForms = {
  har: "application/json",
  jsonl: "application/x-ndjson",
  markdown: "text/markdown; charset=utf-8",
  ocsf: "application/x-ndjson",
  html: "text/html; charset=utf-8",
} as const;

export type ExportForm = keyof typeof exportForms;

export function isExportForm(text: string): text is ExportForm {
  return Object.hasOwn(exportForms, text);
}

export interface ExportParts {
  readonly session: string;
  readonly recorded: ReadSession;
  readonly reader: Pick<SessionReader, "pieces">;
  readonly listen: Listen;
  /** The version of the product, for formats that name their maker. */
  readonly version: string;
}

/** The session in that form: the same session always gives the same bytes, and never more than one exchange is in memory. */
export function exportSession(form: ExportForm, parts: ExportParts): AsyncGenerator<string> {
  const { session, recorded, reader, version } = parts;
  switch (form) {
    case "har":
      return har(stories(parts), version);
    case "jsonl":
      return jsonLines(recorded.exchanges, reader);
    case "markdown":
      return markdown(session, stories(parts));
    case "ocsf":
      return ocsfLines(session, recorded.exchanges, version);
    case "html":
      return html(session, stories(parts));
  }
}

async function* stories({ recorded, reader, listen }: ExportParts): AsyncGenerator<Story> {
  for (const exchange of recorded.exchanges) yield await tell(reader, exchange, listen);
}
