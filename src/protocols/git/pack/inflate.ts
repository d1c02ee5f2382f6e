import { createInflate, type InflateRaw, inflateSync } from "node:zlib";
import type { KeptBody } from "../../protocol.ts";

/** No stream of an object that we unpack needs to be read further than this. */
const maxWindow = 128 * 1024 * 1024;

/** What was unpacked, and how many packed bytes it took. */
export interface Inflated {
  readonly content: Uint8Array;
  readonly consumed: number;
}

/** Unpacks a zlib stream whose unpacked size is known, into memory; `undefined` where it is not what it says. */
export function inflateAt(bytes: KeptBody, offset: number, size: number): Inflated | undefined {
  // What zlib needs at worst, then more: a strange encoder may waste space.
  for (let window = size + (size >> 8) + 64; window < maxWindow; window *= 8) {
    const packed = bytes.read(offset, window);
    const result = tryInflate(packed, size);
    if (result !== "short" || packed.length < window)
      return result === "short" ? undefined : result;
  }
  return undefined;
}

function tryInflate(packed: Uint8Array, size: number): Inflated | "short" | undefined {
  try {
    // `info` gives the engine, which knows where the stream ended.
    const { buffer, engine } = inflateSync(packed, {
      info: true,
      maxOutputLength: size + 1,
    }) as unknown as { readonly buffer: Uint8Array; readonly engine: InflateRaw };
    return buffer.length === size ? { content: buffer, consumed: engine.bytesWritten } : undefined;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return code === "Z_BUF_ERROR" ? "short" : undefined;
  }
}

const SLICE = 256 * 1024;

/** Walks over a zlib stream, keeping nothing and showing all of it: resolves how many packed bytes it took. */
export async function skipStream(
  bytes: KeptBody,
  offset: number,
  size: number,
  show?: (chunk: Uint8Array) => void,
): Promise<number | undefined> {
  const inflate = createInflate();
  let unpacked = 0;
  let state: "going" | "ended" | "failed" = "going";
  inflate.on("data", (chunk: Uint8Array) => {
    unpacked += chunk.length;
    if (unpacked > size) inflate.destroy();
    else show?.(chunk);
  });
  const settled = new Promise<void>((resolve) => {
    inflate.once("end", () => {
      state = "ended";
      resolve();
    });
    inflate.once("close", () => {
      if (state === "going") state = "failed";
      resolve();
    });
    inflate.once("error", () => {
      state = "failed";
      resolve();
    });
  });
  const going = () => state === "going";
  for (let at = offset; going(); ) {
    const slice = bytes.read(at, SLICE);
    at += slice.length;
    if (slice.length === 0) inflate.end();
    else
      await Promise.race([
        settled,
        new Promise<void>((next) => inflate.write(slice, () => next())),
      ]);
    if (slice.length === 0) await settled;
  }
  const consumed = inflate.bytesWritten;
  inflate.destroy();
  return (state as string) === "ended" && unpacked === size ? consumed : undefined;
}
