import { structuredPatch } from "diff";

const longestLine = 2000;
// Beyond that many lines that differ, comparing takes longer than it tells.
const maxEdits = 500;

/** The lines of a unified diff (its hunks, without file names) between two texts; none where they are the same. */
export function unifiedDiff(before: string, after: string): readonly string[] {
  const patch = structuredPatch("", "", before, after, "", "", {
    context: 3,
    maxEditLength: maxEdits,
  });
  const hunks = patch?.hunks ?? [whole(before, after)];
  return hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
    // Where nothing is, the line before it is named.
    `@@ -${oldStart - (oldLines === 0 ? 1 : 0)},${oldLines} +${newStart - (newLines === 0 ? 1 : 0)},${newLines} @@`,
    ...lines.map(shortened),
  ]);
}

/** All that was as removed, all that is as added. */
function whole(before: string, after: string) {
  const old = linesOf(before);
  const now = linesOf(after);
  return {
    oldStart: 1,
    oldLines: old.length,
    newStart: 1,
    newLines: now.length,
    lines: [...old.map((line) => `-${line}`), ...now.map((line) => `+${line}`)],
  };
}

function linesOf(text: string): readonly string[] {
  const lines = text.split("\n");
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

function shortened(line: string): string {
  return line.length <= longestLine
    ? line
    : `${line.slice(0, longestLine)}… (${line.length - longestLine} more characters)`;
}
