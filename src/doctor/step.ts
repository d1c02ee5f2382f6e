/** One thing that was looked at, in order: well, or what is wrong in one sentence that says what to do. */
export interface Step {
  readonly check: string;
  readonly ok: boolean;
  readonly says: string;
}

/** Something that keeps everything after it from working. */
export class Fault extends Error {}

/** Throws the sentence. */
export function fault(sentence: string): never {
  throw new Fault(sentence);
}
