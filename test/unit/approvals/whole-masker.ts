import type { Masker } from "../../../src/core/finding.ts";
import { concat, nothing } from "../../../src/http/transform.ts";

/** Replaces what the pattern matches in a whole text, and reports each match as a finding of that rule. */
export function wholeMasker(rule: string, pattern: RegExp, replacement: string): Masker {
  return {
    open: (channel, report) => {
      const chunks: Uint8Array[] = [];
      return {
        write: (chunk) => {
          chunks.push(chunk);
          return nothing;
        },
        flush: () => {
          const text = Buffer.from(concat(chunks)).toString();
          for (const { 0: found, index } of text.matchAll(pattern))
            report({ rule, fingerprint: found, channel, offset: index, length: found.length });
          return Buffer.from(text.replaceAll(pattern, replacement));
        },
      };
    },
  };
}
