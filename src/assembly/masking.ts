import type { NonEmpty } from "../base/non-empty.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Secret } from "../base/secret.ts";
import type { Config } from "../config/schema.ts";
import { formatProblem, type Problem } from "../yaml/problem.ts";
import { readMaskSets, readMaskValues } from "./mask-sets-file.ts";
import { type HouseMaskers, openMaskers } from "./maskers.ts";

/** Everything that masks, as the config has it. */
export interface Masking {
  readonly maskers: HouseMaskers;
  /** Values that the operator wants masked everywhere. */
  readonly named: readonly Secret[];
}

/** Opens it under one fingerprint key; what is ignored of the operator's files is said to `out`. */
export function openMasking(
  config: Config,
  key: Uint8Array,
  env: Readonly<Record<string, string | undefined>>,
  out: (line: string) => void,
): Result<Masking, NonEmpty<Problem>> {
  const read = readMaskSets(config);
  const named = readMaskValues(config, env);
  if (!read.ok) return read;
  if (!named.ok) return err([{ file: "config", line: 1, column: 1, message: named.error }]);
  for (const problem of read.value.ignored) out(`ignored: ${formatProblem(problem)}`);
  return ok({ maskers: openMaskers(key, read.value.sets), named: named.value });
}

/** What `current` tells and those that are named: one list for as long as it tells the same one. */
export function withNamed(
  current: () => readonly Secret[],
  named: readonly Secret[],
): () => readonly Secret[] {
  let last: { readonly told: readonly Secret[]; readonly all: readonly Secret[] } | undefined;
  return () => {
    const told = current();
    if (last?.told !== told) last = { told, all: [...told, ...named] };
    return last.all;
  };
}
