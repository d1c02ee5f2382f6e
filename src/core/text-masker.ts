import { Recent } from "../base/recent.ts";
import type { Masker } from "./finding.ts";

/** Takes the secrets out of a whole text, alone in a channel of that name. */
export type MaskText = (channel: string, text: string) => string;

const known = new WeakMap<Masker, MaskText>();

/**
 * Masks whole texts, one at a time. Texts of late that held no secret are known again: the same names of principals,
 * runs and operations, the same header lines of a client come with every request. What held one is not remembered.
 */
export function textMasker(masker: Masker): MaskText {
  const made = known.get(masker) ?? remembering(masker);
  known.set(masker, made);
  return made;
}

/** Ids of records, requests and traces, of which each comes once: to remember them costs, and never saves anything. */
const ofOnce = /^[0-9a-f]+(?:-[0-9a-f]+){2,}$/;

function noTexts(): Recent<true> {
  return new Recent(1024, 256);
}

function remembering(masker: Masker): MaskText {
  const channels = new Recent<Recent<true>>(256);
  return (channel, text) => {
    const clean = channels.take(channel, noTexts);
    if (clean.get(text) === true) return text;
    const bytes = Buffer.from(text, "utf8");
    if (masker.clean?.(channel, bytes) === true) {
      if (!ofOnce.test(text)) clean.set(text, true);
      return text;
    }
    const transform = masker.open(channel, () => undefined);
    return Buffer.concat([transform.write(bytes), transform.flush()]).toString("utf8");
  };
}
