import { concat } from "../http/transform.ts";
import { isObject, type JsonObject } from "./strict-json.ts";

const utf8 = new TextDecoder();

interface Understood {
  readonly size: number;
  readonly object: JsonObject;
}

/** What an answer said, by the first piece of it: who meters it and who listens to it get the same one. */
const known = new WeakMap<Uint8Array, Understood>();

/** The JSON object that bytes are; undefined where they are none. */
export function objectIn(json: Uint8Array | string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(typeof json === "string" ? json : utf8.decode(json));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The same of an answer that came in these pieces; remembered for as long as the first of them is. */
export function understand(pieces: readonly Uint8Array[]): JsonObject | undefined {
  const [first] = pieces;
  if (first === undefined) return undefined;
  const whole = concat(pieces);
  const object = objectIn(whole);
  if (object !== undefined) known.set(first, { size: whole.length, object });
  return object;
}

/**
 * What an answer was understood as that begins with that very piece and is so long, if it was. Forgotten with that: who
 * keeps the piece must not keep a tree of it as well.
 */
export function understood(first: Uint8Array | undefined, size: number): JsonObject | undefined {
  if (first === undefined) return undefined;
  const found = known.get(first);
  known.delete(first);
  return found?.size === size ? found.object : undefined;
}
