/** Used again by every call, and all zeros between them: most values are far shorter than a fresh table. */
const counts = new Uint32Array(256);

/** Shannon entropy in bits per byte; 0 for nothing. */
export function entropy(bytes: Uint8Array): number {
  if (bytes.length === 0) return 0;
  for (const byte of bytes) counts[byte] = (counts[byte] as number) + 1;
  let sum = 0;
  for (const byte of bytes) {
    const count = counts[byte] as number;
    if (count > 1) sum += count * Math.log2(count);
    counts[byte] = 0;
  }
  return Math.log2(bytes.length) - sum / bytes.length;
}
