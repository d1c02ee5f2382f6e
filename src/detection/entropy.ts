/** Shannon entropy in bits per byte; 0 for nothing. */
export function entropy(bytes: Uint8Array): number {
  const counts = new Uint32Array(256);
  for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1;
  let bits = 0;
  for (const count of counts)
    if (count > 0) bits -= (count / bytes.length) * Math.log2(count / bytes.length);
  return bits;
}
