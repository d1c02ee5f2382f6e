import { readIfThere, replaceFile } from "./disk-file.ts";
import type { Position } from "./segment.ts";

/** Where an item's records stand: its intent and, once it ended, its end. */
export interface Held {
  readonly id: string;
  readonly from: Position;
  readonly to?: Position;
}

/** How far a projection has come: everything before `position` is delivered, except what is held. */
export interface Cursor {
  readonly position: Position;
  readonly held: readonly Held[];
}

/** The cursor kept in that file; undefined where there is none or it cannot be read, and then all is sent again. */
export async function readCursor(path: string): Promise<Cursor | undefined> {
  const bytes = await readIfThere(path);
  if (bytes === undefined) return undefined;
  try {
    const value = JSON.parse(bytes.toString()) as Cursor & { v: number };
    const sound =
      value.v === 1 &&
      isPosition(value.position) &&
      value.held.every((held) => typeof held.id === "string" && isPosition(held.from));
    return sound ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps the cursor, durably. */
export async function writeCursor(path: string, cursor: Cursor): Promise<void> {
  await replaceFile(path, JSON.stringify({ v: 1, ...cursor }));
}

function isPosition(value: Position): boolean {
  return typeof value.segment === "string" && Number.isSafeInteger(value.offset);
}
