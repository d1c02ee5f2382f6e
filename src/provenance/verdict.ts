import type { AttributedFile, AttributedLines, Rung } from "./answer.ts";
import type { CommitChange } from "./change.ts";
import { leastLines } from "./match.ts";
import { type Origin, originOf } from "./suggestion.ts";

/** The rungs on which lines are attributed, best first. */
export const found = ["exact", "strong", "partial"] as const;

interface Verdict {
  readonly evidence: Rung;
  readonly why: string;
}

/** The best rung that anything in a commit stands on, and why it is no better. */
export function verdict(
  files: readonly AttributedFile[],
  packed: readonly Buffer[],
  session: string,
  change: CommitChange,
  repeated: number,
): Verdict {
  const lines = files.flatMap((file) => file.lines);
  const best = found.find((rung) => lines.some(({ evidence }) => evidence === rung));
  if (best !== undefined) {
    const count = lines.reduce((sum, { from, to }) => sum + to - from + 1, 0);
    return { evidence: best, why: reasons[best](count) };
  }
  const count = packed.length;
  if (count === 0)
    return {
      evidence: "none",
      why: "No model suggested anything to its author or for its repository in the 90 days before.",
    };
  if (repeated > 0)
    return {
      evidence: "unattributable",
      why: `${repeated} of ${count} suggestions say only what the repository said before: they, or somebody who repeated it, may have written this.`,
    };
  // Reading all of a hundred thousand would take longer than comparing them.
  const named = Buffer.from(JSON.stringify(session));
  const own = packed
    .filter((one) => one.includes(named))
    .map(originOf)
    .filter((one) => one.session === session);
  return (
    byTime(own, change) ?? {
      evidence: "none",
      why: `It was compared with ${count} suggestions, and has less in common with each than chance would explain.`,
    }
  );
}

/** What is too short to compare may still have come from the same run. */
function byTime(own: readonly Origin[], change: CommitChange): Verdict | undefined {
  const code = change.files.reduce((sum, file) => sum + file.code.size, 0);
  if (own.length === 0 || code === 0) return undefined;
  if (code < leastLines)
    return {
      evidence: "temporal",
      why: `The session that made it had been given ${own.length} suggestions, and it adds fewer than ${leastLines} lines of code: too little to compare.`,
    };
  const short = own.filter(({ lines }) => lines < leastLines).length;
  if (short === 0) return undefined;
  return {
    evidence: "temporal",
    why: `The session that made it had been given ${short} suggestions of fewer than ${leastLines} lines, too short to compare; none of the longer ones is in it.`,
  };
}

const reasons: Readonly<Record<AttributedLines["evidence"], (lines: number) => string>> = {
  exact: (lines) =>
    `A file is byte for byte what a tool call of the same run wrote (${lines} lines attributed).`,
  strong: (lines) => `The greater part of a suggestion is in it (${lines} lines attributed).`,
  partial: (lines) =>
    `A part of a suggestion is in it, more than chance would explain (${lines} lines attributed).`,
};
