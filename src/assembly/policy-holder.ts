import type { NonEmpty } from "../base/non-empty.ts";
import { err, ok, type Result } from "../base/result.ts";
import { loadPolicy } from "../policy/file.ts";
import type { Policy, Vocabulary } from "../policy/policy.ts";
import type { Problem } from "../yaml/problem.ts";

/** The policy in force, and what is wrong with the one that would replace it. */
export interface PolicyHolder {
  current(): Policy;
  /** Why the file as it stands now was not taken; absent when it is in force. */
  problem(): NonEmpty<Problem> | undefined;
  /** Reads the file again, whole: takes it, or keeps the old one. */
  reload(): Result<Policy, NonEmpty<Problem>>;
}

export function holdPolicy(
  path: string,
  vocabulary: Vocabulary,
): Result<PolicyHolder, NonEmpty<Problem>> {
  const first = loadPolicy(path, vocabulary);
  if (!first.ok) return first;
  let policy = first.value;
  let problem: NonEmpty<Problem> | undefined;
  return ok({
    current: () => policy,
    problem: () => problem,
    reload: () => {
      const next = loadPolicy(path, vocabulary);
      problem = next.ok ? undefined : next.error;
      if (!next.ok) return err(next.error);
      policy = next.value;
      return next;
    },
  });
}
