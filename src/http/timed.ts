import { stopwatch } from "../base/stopwatch.ts";
import type { Transform } from "./transform.ts";

/** The same transform; `took` is told after each call how long it was, in milliseconds. */
export function timed(transform: Transform, took: (ms: number) => void): Transform {
  const measured = (work: () => Uint8Array): Uint8Array => {
    const elapsed = stopwatch();
    const out = work();
    took(elapsed());
    return out;
  };
  return {
    write: (chunk) => measured(() => transform.write(chunk)),
    flush: () => measured(() => transform.flush()),
  };
}
