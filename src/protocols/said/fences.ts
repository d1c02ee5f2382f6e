import type { Part } from "../../core/said.ts";

const opening = /^ {0,3}(`{3,}|~{3,})[ \t]*([^\n]*)$/;

/** Cuts Markdown into text and fenced code (CommonMark 0.31 section 4.5); a fence that nobody closes runs to the end. */
export function cutFences(markdown: string): readonly Part[] {
  const parts: Part[] = [];
  let fence: { readonly mark: string; readonly info: string } | undefined;
  let from = 0;
  const finish = (to: number): void => {
    const text = markdown.slice(from, to);
    if (fence) parts.push({ kind: "code", text, info: fence.info });
    else if (text.trim() !== "") parts.push({ kind: "text", text });
  };
  for (let at = 0, end = 0; at <= markdown.length; at = end + 1) {
    end = markdown.indexOf("\n", at);
    if (end < 0) end = markdown.length;
    if (!mayBeFence(markdown, at, end)) continue;
    const line = markdown.slice(at, end).replace(/\r$/, "");
    const opened = fence ? undefined : opensFence(line);
    if (!opened && !(fence && closesFence(line, fence.mark))) continue;
    finish(Math.max(from, at - 1));
    fence = opened;
    from = end + 1;
  }
  finish(markdown.length);
  return parts;
}

/** Whether the first thing on a line is a mark of a fence: most lines begin with something else. */
function mayBeFence(text: string, from: number, end: number): boolean {
  let at = from;
  while (at < end && text.charCodeAt(at) <= 0x20) at++;
  const first = text.charCodeAt(at);
  return (
    at < end && (first === 0x60 || first === 0x7e || (first > 0x7f && /\s/.test(text.charAt(at))))
  );
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
