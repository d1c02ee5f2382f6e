/**
 * Rewrites a stream of bytes as it goes by. It may hold bytes back until it has seen enough,
 * and gives the same result however the stream is cut into chunks.
 */
export interface Transform {
  /** Takes the next chunk, gives what may go on now (perhaps nothing). */
  write(chunk: Uint8Array): Uint8Array;
  /** Called once, after the last chunk: gives the rest. */
  flush(): Uint8Array;
  /** How many bytes were taken in that have not come out yet, as they were or otherwise. Absent: not known. */
  readonly pending?: number;
}

export const nothing: Uint8Array = new Uint8Array(0);

/** Changes nothing and holds nothing. */
export const passThrough: Transform = {
  write: (chunk) => chunk,
  flush: () => nothing,
  pending: 0,
};

/** Several transforms, one after the other. */
export function pipe(transforms: readonly Transform[]): Transform {
  if (transforms.length === 0) return passThrough;
  if (transforms.length === 1 && transforms[0] !== undefined) return transforms[0];
  return {
    write: (chunk) => transforms.reduce((data, transform) => transform.write(data), chunk),
    flush: () =>
      transforms.reduce<Uint8Array>(
        (data, transform) =>
          concat([data.length > 0 ? transform.write(data) : data, transform.flush()]),
        nothing,
      ),
    get pending() {
      return transforms.reduce((sum, transform) => sum + (transform.pending ?? Infinity), 0);
    },
  };
}

/** Joins chunks; gives the one non-empty chunk itself where there is just one. */
export function concat(chunks: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  let filled = 0;
  let last = nothing;
  for (const chunk of chunks) {
    if (chunk.length === 0) continue;
    length += chunk.length;
    filled++;
    last = chunk;
  }
  if (filled <= 1) return last;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined;
}
