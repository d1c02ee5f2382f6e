import type { Language } from "./language.ts";
import { hashOf, wordStart } from "./tokens.ts";

/** The hashes of a language's keywords, and one flag for each low part of a hash: most words are none. */
export interface Keywords {
  readonly hashes: ReadonlySet<number>;
  readonly maybe: Uint8Array;
}

const known = new WeakMap<Language, Keywords>();

/** The keywords of a language, ready to be looked up. */
export function keywordsOf(language: Language): Keywords {
  const found = known.get(language);
  if (found) return found;
  const maybe = new Uint8Array(4096);
  const hashes = new Set<number>();
  for (const word of language.keywords) {
    const bytes = new TextEncoder().encode(word);
    const value = hashOf(bytes, 0, bytes.length, wordStart);
    hashes.add(value);
    maybe[value & 4095] = 1;
  }
  const keywords = { hashes, maybe };
  known.set(language, keywords);
  return keywords;
}
