import type { Masker } from "../core/finding.ts";

const mostRemembered = 1024;
const longestRemembered = 256;

/**
 * Takes secrets out of whole texts, one at a time, in a channel of that name. Texts of late that held none are known
 * again: the same names of principals, runs and operations come with every request. What held one is not remembered.
 */
export function textMasker(masker: Masker, channel: string): (text: string) => string {
  const clean = new Recent();
  return (text) => {
    if (clean.has(text)) return text;
    const bytes = Buffer.from(text, "utf8");
    if (masker.clean?.(channel, bytes) === true) {
      if (text.length <= longestRemembered) clean.add(text);
      return text;
    }
    const transform = masker.open(channel, () => undefined);
    return Buffer.concat([transform.write(bytes), transform.flush()]).toString("utf8");
  };
}

/** The texts of late: at least so many, at most twice as many. */
class Recent {
  #young = new Set<string>();
  #old = new Set<string>();

  has(text: string): boolean {
    if (this.#young.has(text)) return true;
    if (!this.#old.has(text)) return false;
    this.add(text);
    return true;
  }

  add(text: string): void {
    if (this.#young.size >= mostRemembered) {
      this.#old = this.#young;
      this.#young = new Set();
    }
    this.#young.add(text);
  }
}
