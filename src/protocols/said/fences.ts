import type { Part } from "../../core/said.ts";

const opening = /^ {0,3}(`{3,}|~{3,})[ \t]*([^\n]*)$/;

/** Cuts Markdown into text and fenced code (CommonMark 0.31 section 4.5); a fence that nobody closes runs to the end. */
export function cutFences(markdown: string): readonly Part[] {
  const parts: Part[] = [];
  let lines: string[] = [];
  let fence: { readonly mark: string; readonly info: string } | undefined;
  const finish = (): void => {
    const text = lines.join("\n");
    lines = [];
    if (fence) parts.push({ kind: "code", text, info: fence.info });
    else if (text.trim() !== "") parts.push({ kind: "text", text });
  };
  for (const line of markdown.split("\n")) {
    const bare = line.replace(/\r$/, "");
    const opened = fence ? undefined : opensFence(bare);
    if (!opened && !(fence && closesFence(bare, fence.mark))) {
      lines.push(line);
      continue;
    }
    finish();
    fence = opened;
  }
  if (lines.length > 0 || fence) finish();
  return parts;
}

function opensFence(line: string): { readonly mark: string; readonly info: string } | undefined {
  const [, mark = "", info = ""] = opening.exec(line) ?? [];
  // A backtick fence has no backticks behind it: that would be code within a line.
  if (mark === "" || (mark.startsWith("`") && info.includes("`"))) return undefined;
  return { mark, info: info.trim() };
}

function closesFence(line: string, mark: string): boolean {
  const text = line.trim();
  return (
    text.length >= mark.length && !/^ {4}/.test(line) && text === mark.charAt(0).repeat(text.length)
  );
}
