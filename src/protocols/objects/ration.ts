import type { ObjectSource } from "./source.ts";

/**
 * A source that asks each thing once, and no more than `calls` things in all: what is beyond that is not known. One
 * request must not be able to spend the whole budget that the upstream gives the stored credential.
 */
export function rationed(source: ObjectSource, calls: number): ObjectSource {
  const answers = new Map<string, Promise<unknown>>();
  const once = <T>(key: string, ask: () => Promise<T>): Promise<T | undefined> => {
    const known = answers.get(key) as Promise<T> | undefined;
    if (known !== undefined) return known;
    if (answers.size >= calls) return Promise.resolve(undefined);
    const answer = ask();
    answers.set(key, answer);
    return answer;
  };
  return {
    commit: (resource, id) => once(`commit ${id}`, () => source.commit(resource, id)),
    tree: (resource, id) => once(`tree ${id}`, () => source.tree(resource, id)),
    tip: (resource, ref) => once(`tip ${ref}`, () => source.tip(resource, ref)),
    mergeBase: (resource, a, b) => once(`base ${a} ${b}`, () => source.mergeBase(resource, a, b)),
  };
}
