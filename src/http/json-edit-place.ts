/** Longer member names count by their beginning, in bytes. */
export const longestName = 256;

/** What may come next. */
export type Expect = "value" | "first-name" | "name" | "colon" | "first-value" | "comma" | "end";

/** A string whose quote was read. */
export interface BegunString {
  readonly kind: "scan" | "json" | "base64";
  readonly channel: string;
}

/** An object or array that is open. */
export interface Container {
  readonly isObject: boolean;
  /** The member or element that is being read. */
  at: string | number;
  /** What stands before it in the names of channels. */
  readonly prefix: string;
}

/** A member name from what stands between its quotes, escapes undone. */
export function nameOf(inside: Uint8Array): string {
  const { buffer, byteOffset, length } = inside;
  const text = Buffer.from(buffer, byteOffset, Math.min(length, longestName)).toString("utf8");
  if (!text.includes("\\")) return text;
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    return text;
  }
}
