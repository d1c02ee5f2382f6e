/** Applies a delta (gitformat-pack, "Deltified representation"); `undefined` where it does not fit its base. */
export function applyDelta(
  base: Uint8Array,
  delta: Uint8Array,
  maxSize: number,
): Uint8Array | undefined {
  const from = readSize(delta, 0);
  const to = from && readSize(delta, from.next);
  if (from?.value !== base.length || to === undefined || to.value > maxSize) return undefined;
  const result = new Uint8Array(to.value);
  let at = to.next;
  let done = 0;
  while (at < delta.length) {
    const step = readStep(delta, at);
    if (step === undefined) return undefined;
    const source = step.copy ? base : delta;
    if (step.from + step.length > source.length || done + step.length > result.length)
      return undefined;
    result.set(source.subarray(step.from, step.from + step.length), done);
    done += step.length;
    at = step.next;
  }
  return done === result.length ? result : undefined;
}

interface Step {
  readonly copy: boolean;
  readonly from: number;
  readonly length: number;
  readonly next: number;
}

function readStep(delta: Uint8Array, at: number): Step | undefined {
  const code = delta[at] ?? 0;
  if (code === 0) return undefined;
  if (code < 0x80) return { copy: false, from: at + 1, length: code, next: at + 1 + code };
  let next = at + 1;
  // Seven bits say which bytes of offset (four) and length (three) follow.
  const number = (bits: number, count: number): number => {
    let value = 0;
    for (let bit = 0; bit < count; bit++)
      if ((bits & (1 << bit)) !== 0) value += (delta[next++] ?? 0) * 2 ** (8 * bit);
    return value;
  };
  const from = number(code & 0x0f, 4);
  const length = number((code >> 4) & 0x07, 3) || 0x10000;
  return next > delta.length ? undefined : { copy: true, from, length, next };
}

function readSize(bytes: Uint8Array, from: number): { value: number; next: number } | undefined {
  let value = 0;
  for (let at = from, shift = 0; shift <= 42; at++, shift += 7) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return { value, next: at + 1 };
  }
  return undefined;
}
