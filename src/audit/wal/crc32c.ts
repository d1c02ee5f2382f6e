const polynomial = 0x82f63b78;
const columns = 8;

/** At 256 times k and b: the CRC of byte b followed by k zero bytes. Eight such columns take eight bytes in one step. */
const table = makeTable();

function makeTable(): Int32Array {
  const made = new Int32Array(256 * columns);
  for (let index = 0; index < 256; index++) {
    let value = index;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    made[index] = value;
  }
  for (let at = 256; at < made.length; at++) {
    const before = made[at - 256] as number;
    made[at] = (before >>> 8) ^ (made[before & 0xff] as number);
  }
  return made;
}

/**
 * CRC-32C (Castagnoli, RFC 3720 appendix B.4) of those bytes, or of some of them, continuing from `seed`, the CRC of
 * what came before.
 */
export function crc32c(bytes: Uint8Array, seed = 0, from = 0, to = bytes.length): number {
  const t = table;
  let crc = ~seed;
  let at = from;
  for (const end = to - columns + 1; at < end; at += columns) {
    const word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    const first = crc ^ word;
    crc =
      (t[0x700 + (first & 0xff)] as number) ^
      (t[0x600 + ((first >>> 8) & 0xff)] as number) ^
      (t[0x500 + ((first >>> 16) & 0xff)] as number) ^
      (t[0x400 + (first >>> 24)] as number) ^
      (t[0x300 + (bytes[at + 4] as number)] as number) ^
      (t[0x200 + (bytes[at + 5] as number)] as number) ^
      (t[0x100 + (bytes[at + 6] as number)] as number) ^
      (t[bytes[at + 7] as number] as number);
  }
  for (; at < to; at++) crc = (crc >>> 8) ^ (t[(crc ^ (bytes[at] as number)) & 0xff] as number);
  return ~crc >>> 0;
}
