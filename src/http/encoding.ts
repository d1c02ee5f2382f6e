import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
} from "node:zlib";
import { err, ok, type Result } from "../base/result.ts";
import { nothing, passThrough, pipe, type Transform } from "./transform.ts";

/** One chunk may not unpack to more than this, in bytes. */
const mostFromOneChunk = 64 * 1024 * 1024;
/** Nobody packs a body more often. */
const mostCodings = 3;

/**
 * Node's decoders, with the synchronous step that their public interface leaves out. The step closes the decoder
 * behind itself, so its handle is kept from being closed and put back, as npm's own archive reader does.
 */
interface Decoder {
  _handle: { close: () => void } | null;
  _processChunk(chunk: Uint8Array, flush: number): Uint8Array;
  removeAllListeners(event: string): void;
  on(event: string, listener: () => void): void;
}

const decoders: ReadonlyMap<string, () => Transform> = new Map([
  ["gzip", () => decode(createGunzip({ maxOutputLength: mostFromOneChunk }), constants.Z_FINISH)],
  ["x-gzip", () => decode(createGunzip({ maxOutputLength: mostFromOneChunk }), constants.Z_FINISH)],
  [
    "deflate",
    () => decode(createInflate({ maxOutputLength: mostFromOneChunk }), constants.Z_FINISH),
  ],
  [
    "br",
    () =>
      decode(
        createBrotliDecompress({ maxOutputLength: mostFromOneChunk }),
        constants.BROTLI_OPERATION_FINISH,
      ),
  ],
  [
    "zstd",
    () => decode(createZstdDecompress({ maxOutputLength: mostFromOneChunk }), constants.ZSTD_e_end),
  ],
  ["identity", () => passThrough],
]);

/**
 * Undoes a `content-encoding` (RFC 9110 section 8.4) in a stream: gzip, deflate, br, zstd, or several of them in a row.
 * The transform throws when the body is damaged, cut short, or unpacks to more than 64 MiB at once. Another coding is
 * an error: nobody could look into such a body.
 */
export function decodeContent(encoding: string): Result<Transform> {
  const names = encoding
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
  if (names.length > mostCodings) return err("the body is encoded too often");
  const steps: Transform[] = [];
  for (const name of names.toReversed()) {
    const decoder = decoders.get(name);
    if (!decoder) return err("the content coding is not known");
    steps.push(decoder());
  }
  return ok(pipe(steps));
}

/** Instead of closing a decoder's handle, which is used again. */
function stays(): void {}

function decode(stream: unknown, finish: number): Transform {
  const decoder = stream as Decoder;
  const handle = decoder._handle;
  if (!handle) throw new TypeError("the decoder has no handle");
  const close = handle.close.bind(handle);
  handle.close = stays;
  const step = (chunk: Uint8Array, flush: number): Uint8Array => {
    try {
      // A copy: the decoder writes its next output into the same memory.
      return Uint8Array.from(decoder._processChunk(chunk, flush));
    } finally {
      decoder._handle = handle;
      // Each step leaves a listener behind. The error itself has been thrown; its event must not be unhandled.
      decoder.removeAllListeners("error");
      decoder.on("error", () => undefined);
    }
  };
  let begun = false;
  return {
    write: (chunk) => {
      if (chunk.length === 0) return nothing;
      begun = true;
      return step(chunk, constants.Z_NO_FLUSH);
    },
    flush: () => {
      // A body of no bytes at all stands for an empty one.
      try {
        return begun ? step(nothing, finish) : nothing;
      } finally {
        close();
      }
    },
  };
}
