/** Beyond so many differing lines the shortest edit is not looked for: a line is new if the old text has it nowhere. */
const mostEdits = 1500;

/** The lines (from 1) of `after` that `before` did not have there: the `+` lines of a diff (Myers 1986). */
export function addedLines(before: string, after: string): ReadonlySet<number> {
  const [old, now] = numbered(before.split("\n"), after.split("\n"));
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head++;
  let oldEnd = old.length;
  let nowEnd = now.length;
  while (oldEnd > head && nowEnd > head && old[oldEnd - 1] === now[nowEnd - 1]) {
    oldEnd--;
    nowEnd--;
  }
  const middle = inserted(old.slice(head, oldEnd), now.slice(head, nowEnd));
  return new Set(middle.map((line) => head + line + 1));
}

/** Lines as numbers: equal ones have the same. */
function numbered(...texts: readonly (readonly string[])[]): [number[], number[]] {
  const numbers = new Map<string, number>();
  const [before = [], after = []] = texts.map((lines) =>
    lines.map((line) => {
      const text = line.replace(/\r$/, "");
      const number = numbers.get(text) ?? numbers.size;
      numbers.set(text, number);
      return number;
    }),
  );
  return [before, after];
}

/** Indexes in `now` that a shortest edit script inserts. */
function inserted(old: readonly number[], now: readonly number[]): number[] {
  if (old.length === 0) return now.map((_, index) => index);
  const trace = shortestEdit(old, now);
  if (trace === undefined) {
    const had = new Set(old);
    return now.flatMap((line, index) => (had.has(line) ? [] : [index]));
  }
  return walkBack(trace, old.length, now.length);
}

/** How far along the old text each diagonal gets, for each number of edits; its own place stands in the middle. */
type Trace = readonly Int32Array[];

/** Whether a diagonal is reached by inserting rather than by deleting. */
function insertsTo(reach: Int32Array, middle: number, diagonal: number, edits: number): boolean {
  if (diagonal === -edits) return true;
  if (diagonal === edits) return false;
  return (reach[middle + diagonal - 1] ?? 0) < (reach[middle + diagonal + 1] ?? 0);
}

/** The trace of a shortest edit script; `undefined` where it takes too many edits. */
function shortestEdit(old: readonly number[], now: readonly number[]): Trace | undefined {
  const most = Math.min(old.length + now.length, mostEdits);
  const middle = most + 1;
  const reach = new Int32Array(2 * most + 3);
  const trace: Int32Array[] = [];
  for (let edits = 0; edits <= most; edits++) {
    trace.push(reach.slice(middle - edits - 1, middle + edits + 2));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2)
      if (advance(old, now, reach, diagonal, edits)) return trace;
  }
  return undefined;
}

/** Goes as far along a diagonal as one more edit lets it; true at the end of both texts. */
function advance(
  old: readonly number[],
  now: readonly number[],
  reach: Int32Array,
  diagonal: number,
  edits: number,
): boolean {
  const middle = (reach.length - 1) / 2;
  const inserts = insertsTo(reach, middle, diagonal, edits);
  const before = reach[middle + diagonal + (inserts ? 1 : -1)] ?? 0;
  const x = along(old, now, inserts ? before : before + 1, diagonal);
  reach[middle + diagonal] = x;
  return x >= old.length && x - diagonal >= now.length;
}

/** As far as both texts are the same from there. */
function along(
  old: readonly number[],
  now: readonly number[],
  from: number,
  diagonal: number,
): number {
  let x = from;
  while (x < old.length && x - diagonal < now.length && old[x] === now[x - diagonal]) x++;
  return x;
}

function walkBack(trace: Trace, oldLength: number, nowLength: number): number[] {
  const lines: number[] = [];
  let x = oldLength;
  let y = nowLength;
  for (let edits = trace.length - 1; edits > 0; edits--) {
    const reach = trace[edits] ?? new Int32Array();
    const middle = edits + 1;
    const inserts = insertsTo(reach, middle, x - y, edits);
    const diagonal = x - y + (inserts ? 1 : -1);
    x = reach[middle + diagonal] ?? 0;
    y = x - diagonal;
    if (inserts) lines.push(y);
  }
  return lines.reverse();
}
