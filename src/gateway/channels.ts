import type { Finding, Masker } from "../core/finding.ts";
import { pipe } from "../http/transform.ts";
import type { OpenChannel } from "../protocols/protocol.ts";

/** Every masker on every channel, one after the other; a text that all of them find clean needs none. */
export function channels(
  maskers: readonly Masker[],
  report: (finding: Finding) => void,
): OpenChannel {
  const open = (channel: string) => pipe(maskers.map((masker) => masker.open(channel, report)));
  return Object.assign(open, {
    clean: (channel: string, text: Uint8Array, lasting?: boolean) => {
      for (const masker of maskers)
        if (masker.clean?.(channel, text, lasting) !== true) return false;
      return true;
    },
  });
}
