import type { Transform } from "./transform.ts";

/** The same transform; `took` is told after each call how long it was, in milliseconds. */
export function timed(transform: Transform, took: (ms: number) => void): Transform {
  return new Timed(transform, took);
}

class Timed implements Transform {
  readonly #transform: Transform;
  readonly #took: (ms: number) => void;

  constructor(transform: Transform, took: (ms: number) => void) {
    this.#transform = transform;
    this.#took = took;
  }

  write(chunk: Uint8Array): Uint8Array {
    const start = performance.now();
    const out = this.#transform.write(chunk);
    this.#took(performance.now() - start);
    return out;
  }

  flush(): Uint8Array {
    const start = performance.now();
    const out = this.#transform.flush();
    this.#took(performance.now() - start);
    return out;
  }
}
