import { open } from "node:fs/promises";
import { join } from "node:path";
import { isMissing } from "../../base/missing.ts";
import { err, type Result } from "../../base/result.ts";
import { decodeFrame, frameHeader } from "./frame.ts";
import { isSegmentName, parseHeader, type SegmentHeader, type SegmentSpan } from "./segment.ts";

/** One whole frame of a segment and where it stands. */
export interface Frame {
  readonly offset: number;
  readonly end: number;
  readonly payload: Buffer;
}

const readSize = 1 << 20;
/** Enough for a header, and for nearly every single record. */
export const smallRead = 16 << 10;

/** The whole frames of a file from `from` up to `to`; stops without a word before the first that is damaged or cut. */
export async function* readFrames(
  path: string,
  from = 0,
  to = Number.POSITIVE_INFINITY,
  step = readSize,
): AsyncGenerator<Frame> {
  const handle = await open(path, "r");
  try {
    let at = from;
    let need = step;
    while (at + frameHeader <= to) {
      const size = Math.min(need, to - at);
      const buffer = Buffer.allocUnsafe(size);
      const { bytesRead } = await handle.read(buffer, 0, size, at);
      const bytes = buffer.subarray(0, bytesRead);
      let offset = 0;
      let read = decodeFrame(bytes, offset);
      while (read.kind === "frame") {
        const start = at + offset;
        offset += read.size;
        yield { offset: start, end: at + offset, payload: read.payload };
        read = decodeFrame(bytes, offset);
      }
      if (read.kind === "damaged" || (offset === 0 && bytesRead < need)) return;
      need = Math.max(step, read.needs);
      at += offset;
    }
  } finally {
    await handle.close();
  }
}

/** The header of a segment and where it ends; an error says that the file is none. */
export async function readHeader(
  path: string,
): Promise<Result<{ header: SegmentHeader; end: number }>> {
  for await (const frame of readFrames(path, 0, Number.POSITIVE_INFINITY, smallRead)) {
    const header = parseHeader(frame.payload);
    return header.ok ? { ok: true, value: { header: header.value, end: frame.end } } : header;
  }
  return err("the segment has no header");
}

/**
 * The segments that make up the log, oldest first, each with the end that its successor states; the newest has the end
 * of its last whole frame. Files that no successor names were never acknowledged, and are left out.
 */
export async function chainOf(
  dir: string,
  names: readonly string[],
): Promise<readonly SegmentSpan[]> {
  const chain: SegmentSpan[] = [];
  for (const segment of names.filter(isSegmentName).sort().reverse()) {
    const head = await readHeader(join(dir, segment));
    if (!head.ok) continue;
    let end = head.value.end;
    for await (const frame of readFrames(join(dir, segment), end)) end = frame.end;
    chain.push({ segment, end });
    for (let prior = head.value.header.prior; prior !== null; ) {
      chain.push(prior);
      const before = await headerIfThere(join(dir, prior.segment));
      if (before === undefined) {
        chain.pop();
        break;
      }
      prior = before.prior;
    }
    break;
  }
  return chain.reverse();
}

async function headerIfThere(path: string): Promise<SegmentHeader | undefined> {
  try {
    const head = await readHeader(path);
    return head.ok ? head.value.header : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
