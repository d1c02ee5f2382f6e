import type { ChangedFiles, Content, FileChange } from "../core/change.ts";
import type { FilePreview, Preview } from "./approval.ts";
import { unifiedDiff } from "./diff.ts";
import { visible } from "./visible.ts";

/** Masks the whole of one text, reporting what it finds under that channel; undefined without a masker. */
export type MaskText = (channel: string, bytes: Uint8Array) => Uint8Array | undefined;

const mostFiles = 100;
// Characters of all diffs together, and bytes of each side of one.
const mostShown = 64 * 1024;
const longestFile = 256 * 1024;

/** What approvers see of the files that a request changes: masked diffs, as many as fit, and the names of others. */
export async function previewChanges(
  { files, complete }: ChangedFiles,
  mask: MaskText,
): Promise<NonNullable<Preview["changes"]>> {
  const shown: FilePreview[] = [];
  let left = mostShown;
  for (const [i, file] of files.slice(0, mostFiles).entries()) {
    const preview = await previewFile(file, `file ${i + 1}`, mask, left);
    const { diff, cut } = preview;
    if (diff !== undefined) left = cut ? 0 : left - diff.length;
    shown.push(preview);
  }
  return { files: shown, unlisted: Math.max(0, files.length - mostFiles), complete };
}

async function previewFile(
  file: FileChange,
  channel: string,
  mask: MaskText,
  left: number,
): Promise<FilePreview> {
  const named = {
    path: visible(file.path),
    ...(file.ref === undefined ? {} : { ref: visible(file.ref) }),
  };
  if (left <= 0)
    return { ...named, kind: "unread", cut: true, notes: ["There is no room to show it."] };
  const { before, after } = await file.read();
  const modes = modeNotes(file);
  const old = textOf(before, `${channel} before`, mask);
  const now = textOf(after, channel, mask);
  const known = { ...named, kind: kindOf(before, after) };
  if (!now.ok) return { ...known, cut: true, notes: [...modes, `What it becomes ${now.why}`] };
  const trouble = old.ok ? [] : [`What it was ${old.why}`];
  const lines = unifiedDiff(old.ok ? old.text : "", now.text);
  const diff = fitting(lines, left);
  const same = lines.length === 0 && old.ok ? ["Its text stays as it is."] : [];
  return {
    ...known,
    diff: diff.text,
    cut: diff.cut,
    notes: [...modes, ...trouble, ...same],
  };
}

function kindOf(before: Content, after: Content): FilePreview["kind"] {
  if (after.kind === "none") return "removed";
  if (before.kind === "none") return "added";
  return before.kind === "unknown" ? "written" : "changed";
}

type Text =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly why: string };

function textOf(content: Content, channel: string, mask: MaskText): Text {
  if (content.kind === "none") return { ok: true, text: "" };
  if (content.kind === "unknown") return { ok: false, why: "cannot be had." };
  const { bytes } = content;
  if (bytes.length > longestFile)
    return { ok: false, why: `is too long to be shown: ${bytes.length} bytes.` };
  // Judged before masking: what a masker makes of bytes that are not text may look like text.
  const masked = decoded(bytes) === undefined ? undefined : mask(channel, bytes);
  const text = masked === undefined ? undefined : decoded(masked);
  return text === undefined
    ? { ok: false, why: `cannot be shown: ${bytes.length} bytes.` }
    : { ok: true, text: visible(text) };
}

function decoded(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function modeNotes({ modes }: FileChange): readonly string[] {
  const { before, after } = modes ?? {};
  const mode = after ?? before;
  const special =
    mode === "120000"
      ? ["It is a symbolic link."]
      : mode === "160000"
        ? ["It is a commit of another repository."]
        : [];
  if (before === undefined && after === "100755") return ["It can be executed."];
  return before !== undefined && after !== undefined && before !== after
    ? [...special, `Its mode changes from ${before} to ${after}.`]
    : special;
}

function fitting(lines: readonly string[], room: number): { text: string; cut: boolean } {
  let length = 0;
  const fits = lines.findIndex((line) => {
    length += line.length + 1;
    return length > room;
  });
  return fits === -1
    ? { text: lines.join("\n"), cut: false }
    : { text: lines.slice(0, fits).join("\n"), cut: true };
}
