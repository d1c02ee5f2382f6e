/** One pkt-line (gitprotocol-common): its payload, or one of the special packets. */
export type Packet =
  | { readonly kind: "line"; readonly payload: Uint8Array; readonly next: number }
  | { readonly kind: "flush"; readonly next: number }
  /** `0001` and `0002`, which only protocol version 2 knows. */
  | { readonly kind: "mark"; readonly next: number }
  | { readonly kind: "more" }
  | { readonly kind: "bad" };

const longest = 65_520;

/** Reads the packet that begins at `at`; `next` is the offset behind it. */
export function readPacket(bytes: Uint8Array, at: number): Packet {
  if (bytes.length < at + 4) return { kind: "more" };
  const digits = String.fromCharCode(...bytes.subarray(at, at + 4));
  if (!/^[0-9a-fA-F]{4}$/.test(digits)) return { kind: "bad" };
  const length = Number.parseInt(digits, 16);
  if (length === 0) return { kind: "flush", next: at + 4 };
  if (length < 3) return { kind: "mark", next: at + 4 };
  if (length === 3 || length > longest) return { kind: "bad" };
  if (bytes.length < at + length) return { kind: "more" };
  return { kind: "line", payload: bytes.subarray(at + 4, at + length), next: at + length };
}

const encoder = new TextEncoder();

/** A pkt-line of that payload; text is sent as UTF-8. Throws beyond 65516 bytes. */
export function packet(payload: Uint8Array | string): Uint8Array {
  const bytes = typeof payload === "string" ? encoder.encode(payload) : payload;
  const length = bytes.length + 4;
  if (length > longest) throw new RangeError("a pkt-line holds 65516 bytes at most");
  const line = new Uint8Array(length);
  line.set(encoder.encode(length.toString(16).padStart(4, "0")));
  line.set(bytes, 4);
  return line;
}

export const flushPacket: Uint8Array = encoder.encode("0000");
