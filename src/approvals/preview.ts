import type { Facts } from "../core/facts.ts";
import type { Finding, Masker } from "../core/finding.ts";
import { concat } from "../http/transform.ts";
import type { Preview } from "./approval.ts";
import { type MaskText, previewChanges } from "./preview-files.ts";
import { visible } from "./visible.ts";
import { writtenFiles } from "./written-files.ts";

const shown = 64 * 1024;
// Masked beyond what is shown, so that a secret across the cut is not shown by half.
const overlap = 16 * 1024;

/** What approvers may see of a request. Without a masker they see neither body nor query. */
export async function previewOf(facts: Facts, masker: Masker | undefined): Promise<Preview> {
  const { head, body } = facts;
  const findings: Finding[] = [];
  const mask: MaskText = (channel, bytes) => {
    if (masker === undefined) return undefined;
    const transform = masker.open(channel, (finding) => findings.push(finding));
    return concat([transform.write(bytes), transform.flush()]);
  };
  const path = mask("path", new TextEncoder().encode(head.path));
  const start = mask("body", body.subarray(0, shown + overlap));
  const written = await writtenBy(facts, mask);
  // Judged before masking: what a masker makes of bytes that are not text may look like text.
  const text =
    start === undefined || body.length === 0 || textOf(body) === undefined
      ? undefined
      : textOf(start);
  return {
    method: head.method,
    authority: head.authority,
    path: visible(
      path === undefined ? (head.path.split("?")[0] ?? "") : (textOf(path) ?? "(not text)"),
    ),
    contentType: visible(head.fields.get("content-type") ?? ""),
    ...(text === undefined ? {} : { body: visible(text) }),
    ...written,
    bytes: body.length,
    cut: body.length > shown || (body.length > 0 && text === undefined),
    findings,
  };
}

/** The files that it changes; where it does not say so, those that it carries. */
async function writtenBy(
  { body, changes }: Facts,
  mask: MaskText,
): Promise<Pick<Preview, "changes" | "files">> {
  const changed = await changes?.();
  if (changed !== undefined) return { changes: await previewChanges(changed, mask) };
  const files = filesIn(body, mask);
  return files.length === 0 ? {} : { files };
}

// What a body carries in base64 nobody can read, and no masker for text has seen.
function filesIn(body: Uint8Array, mask: MaskText): NonNullable<Preview["files"]> {
  let left = shown;
  return writtenFiles(body).map(({ path, bytes }, i) => {
    const masked = mask(`file ${i + 1}`, bytes.subarray(0, left + overlap));
    const text =
      masked === undefined || textOf(bytes) === undefined
        ? undefined
        : textOf(masked.subarray(0, left), bytes.length > left);
    const cut = bytes.length > left;
    left = Math.max(0, left - bytes.length);
    const named = { path: visible(path), bytes: bytes.length, cut };
    return text === undefined ? named : { ...named, text: visible(text) };
  });
}

function textOf(bytes: Uint8Array, more = bytes.length > shown): string | undefined {
  try {
    // As a stream, so that a character across the cut is dropped and not an error.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      bytes.subarray(0, shown),
      { stream: more },
    );
  } catch {
    return undefined;
  }
}
