import type { ObjectType } from "../../objects/parse-object.ts";

/** An object of a pack, whole. */
export interface PackObject {
  readonly type: ObjectType;
  readonly content: Uint8Array;
}

const capacity = 16 * 1024 * 1024;

/** The objects unpacked last, up to 16 MiB of them, by where they begin. */
export class ContentCache {
  readonly #objects = new Map<number, PackObject>();
  #size = 0;

  get(at: number): PackObject | undefined {
    return this.#objects.get(at);
  }

  set(at: number, object: PackObject): void {
    if (this.#objects.has(at) || object.content.length > capacity / 4) return;
    this.#objects.set(at, object);
    this.#size += object.content.length;
    for (const [oldest, { content }] of this.#objects) {
      if (this.#size <= capacity) break;
      this.#objects.delete(oldest);
      this.#size -= content.length;
    }
  }
}
