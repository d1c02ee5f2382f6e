import { isObject, type JsonObject } from "./strict-json.ts";

const utf8 = new TextDecoder();

/** What an answer said, by the piece that it came in: who meters it and who listens to it get the same one. */
const known = new WeakMap<Uint8Array, JsonObject>();

/** The JSON object that bytes are; undefined where they are none. */
export function objectIn(json: Uint8Array | string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(typeof json === "string" ? json : utf8.decode(json));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The same of an answer that came in one piece; remembered for as long as that piece is. */
export function understand(piece: Uint8Array): JsonObject | undefined {
  const object = objectIn(piece);
  if (object !== undefined) known.set(piece, object);
  return object;
}

/** What that very piece was understood as, if it was: what has become of its bytes since then does not matter. */
export function understood(piece: Uint8Array | undefined): JsonObject | undefined {
  return piece === undefined ? undefined : known.get(piece);
}
