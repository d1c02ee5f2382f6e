import { crc32 } from "node:zlib";

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/**
 * The fake GitHub token that the demo upstream plants in its answers: well formed down to its checksum
 * (the CRC-32 of the payload in six base-62 digits), and known to nobody but this file.
 */
export const plantedSecret = fakeToken("gh" + "p_", "5aLLyP0rtD3m0PL4nt3dS3cretTok9");

/** A token of GitHub's form around 30 base-62 characters. */
export function fakeToken(prefix: string, payload: string): string {
  let rest = crc32(payload);
  let checksum = "";
  for (let place = 0; place < 6; place++) {
    checksum = (digits[rest % 62] ?? "0") + checksum;
    rest = Math.floor(rest / 62);
  }
  return prefix + payload + checksum;
}
