import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { type AuditRecord, decodeRecord } from "../record/record.ts";
import { decodeFrame } from "./frame.ts";
import type { Position } from "./segment.ts";

// Most records are smaller; a longer one costs a second read.
const firstRead = 4096;

/** Reads single records at their places, each segment opened once. */
export class RecordReader {
  readonly #dir: string;
  readonly #files = new Map<string, Promise<FileHandle>>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** The record that stands there; throws when none does. */
  async read({ segment, offset }: Position): Promise<AuditRecord> {
    const file = this.#files.get(segment) ?? open(join(this.#dir, segment), "r");
    this.#files.set(segment, file);
    let bytes = await readAt(await file, offset, firstRead);
    let frame = decodeFrame(bytes, 0);
    if (frame.kind === "short" && frame.needs > bytes.length) {
      bytes = await readAt(await file, offset, frame.needs);
      frame = decodeFrame(bytes, 0);
    }
    const record = frame.kind === "frame" ? decodeRecord(frame.payload) : undefined;
    if (record?.ok !== true) throw new Error(`${segment} has no record at byte ${offset}`);
    return record.value;
  }

  async close(): Promise<void> {
    const files = await Promise.allSettled(this.#files.values());
    for (const file of files) if (file.status === "fulfilled") await file.value.close();
  }
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  const { bytesRead } = await file.read(buffer, 0, length, offset);
  return buffer.subarray(0, bytesRead);
}
