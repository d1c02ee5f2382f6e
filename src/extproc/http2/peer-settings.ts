import { ConnectionError, longestFrame, type Reason, reason, widestWindow } from "./codes.ts";
import { streamWindow } from "./inbound.ts";
import { longestList } from "./request.ts";
import { tableSize } from "./tables.ts";

const HEADER_TABLE_SIZE = 1;
const ENABLE_PUSH = 2;
const MAX_CONCURRENT_STREAMS = 3;
const INITIAL_WINDOW_SIZE = 4;
const MAX_FRAME_SIZE = 5;
const MAX_HEADER_LIST_SIZE = 6;
const entrySize = 6;

/** Streams that one connection may have open; how many exchanges may be is for the gateway to say. */
export const mostStreams = 65_536;

/** What we say first of how we want it (RFC 9113 section 6.5.2). */
export const ownSettings: Buffer = Buffer.concat(
  [
    [MAX_CONCURRENT_STREAMS, mostStreams],
    [INITIAL_WINDOW_SIZE, streamWindow],
    [MAX_HEADER_LIST_SIZE, longestList],
  ].map(([id = 0, value = 0]) => {
    const entry = Buffer.alloc(entrySize);
    entry.writeUInt16BE(id);
    entry.writeUInt32BE(value, 2);
    return entry;
  }),
);

/** What of the other side's settings concerns us; undefined where it said nothing of it. */
export interface PeerSettings {
  readonly initialWindow?: number;
  /** It keeps less of a table of lines than every connection begins with. */
  readonly smallTable?: true;
}

/** Reads the payload of a SETTINGS frame. Throws a ConnectionError on what must not be. */
export function readSettings(bytes: Buffer, start: number, end: number): PeerSettings {
  if ((end - start) % entrySize !== 0)
    throw new ConnectionError(reason.frameSize, "settings that are cut");
  let read: PeerSettings = {};
  for (let at = start; at < end; at += entrySize) {
    const value = bytes.readUInt32BE(at + 2);
    switch (bytes.readUInt16BE(at)) {
      case HEADER_TABLE_SIZE:
        if (value < tableSize) read = { ...read, smallTable: true };
        break;
      case ENABLE_PUSH:
        check(value <= 1, reason.protocol);
        break;
      case INITIAL_WINDOW_SIZE:
        check(value <= widestWindow, reason.flowControl);
        read = { ...read, initialWindow: value };
        break;
      case MAX_FRAME_SIZE:
        check(value >= longestFrame && value < 2 ** 24, reason.protocol);
        break;
    }
  }
  return read;
}

function check(good: boolean, why: Reason): void {
  if (!good) throw new ConnectionError(why, "a setting out of its bounds");
}
