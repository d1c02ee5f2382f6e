import { crc32c } from "./crc32c.ts";

/** Bytes before the payload: its length, then CRC-32C of length and payload, both 32-bit little-endian. */
export const frameHeader = 8;
/** Longer payloads are never written, and a length beyond it is damage. */
export const maxPayload = 1 << 20;

/** Frames one payload for the write-ahead log. */
export function encodeFrame(payload: Uint8Array): Buffer {
  if (payload.length === 0 || payload.length > maxPayload)
    throw new RangeError(`a payload of ${payload.length} bytes cannot be framed`);
  const frame = Buffer.allocUnsafe(frameHeader + payload.length);
  frame.writeUInt32LE(payload.length, 0);
  frame.set(payload, frameHeader);
  frame.writeUInt32LE(crc32c(payload, crc32c(frame.subarray(0, 4))), 4);
  return frame;
}

/** What stands at an offset: a whole frame, the need for more bytes, or something that is no frame. */
export type FrameRead =
  | { readonly kind: "frame"; readonly payload: Buffer; readonly size: number }
  | { readonly kind: "short"; readonly needs: number }
  | { readonly kind: "damaged" };

/** Reads the frame at `offset` in `bytes`. */
export function decodeFrame(bytes: Buffer, offset: number): FrameRead {
  const left = bytes.length - offset;
  if (left < frameHeader) return { kind: "short", needs: frameHeader };
  const length = bytes.readUInt32LE(offset);
  if (length === 0 || length > maxPayload) return { kind: "damaged" };
  const size = frameHeader + length;
  if (left < size) return { kind: "short", needs: size };
  const payload = bytes.subarray(offset + frameHeader, offset + size);
  const crc = crc32c(payload, crc32c(bytes.subarray(offset, offset + 4)));
  if (crc !== bytes.readUInt32LE(offset + 4)) return { kind: "damaged" };
  return { kind: "frame", payload, size };
}
