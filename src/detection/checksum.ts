import { crc32 } from "node:zlib";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** The CRC-32 that GitHub and npm append to their tokens' random part: six digits to base 62, padded with zeros. */
export function base62Crc32(random: string): string {
  let rest = crc32(random);
  let digits = "";
  for (let place = 0; place < 6; place++) {
    digits = (alphabet[rest % 62] ?? "") + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

/** Whether the value (`ghp_` and 36 characters) carries its own right checksum. */
export function hasChecksum(value: string): boolean {
  const random = value.slice(value.indexOf("_") + 1, -6);
  return random.length > 0 && base62Crc32(random) === value.slice(-6);
}
