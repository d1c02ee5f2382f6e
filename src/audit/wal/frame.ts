import { crc32c } from "./crc32c.ts";

/** Bytes before the payload: its length, then CRC-32C of length and payload, both 32-bit little-endian. */
export const frameHeader = 8;
/** Longer payloads are never written, and a length beyond it is damage. */
export const maxPayload = 1 << 20;

/** Frames one payload for the write-ahead log. */
export function encodeFrame(payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(frameHeader + payload.length);
  frame.set(payload, frameHeader);
  closeFrame(frame, 0, frame.length);
  return frame;
}

/** Writes the header of a frame whose payload stands behind it already, up to `end`. */
export function closeFrame(bytes: Buffer, offset: number, end: number): void {
  const length = end - offset - frameHeader;
  if (length === 0 || length > maxPayload)
    throw new RangeError(`a payload of ${length} bytes cannot be framed`);
  bytes.writeUInt32LE(length, offset);
  bytes.writeUInt32LE(frameCrc(bytes, offset, end), offset + 4);
}

function frameCrc(bytes: Uint8Array, offset: number, end: number): number {
  return crc32c(bytes, crc32c(bytes, 0, offset, offset + 4), offset + frameHeader, end);
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
  const crc = frameCrc(bytes, offset, offset + size);
  if (crc !== bytes.readUInt32LE(offset + 4)) return { kind: "damaged" };
  return { kind: "frame", payload: bytes.subarray(offset + frameHeader, offset + size), size };
}
