import type { ObjectType } from "../../objects/parse-object.ts";
import type { PackObject } from "./content-cache.ts";

/** Told of every object of a pack, once. */
export interface PackWatch {
  /** One that is held in memory, its deltas applied. */
  object(id: string, object: PackObject): void;
  /** One that is too large for that, in pieces. */
  large(type: ObjectType): LargeObject;
}

export interface LargeObject {
  write(chunk: Uint8Array): void;
  end(id: string): void;
}
