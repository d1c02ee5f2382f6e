import { defaultRules } from "../../src/detection/rules/index.ts";
import { channels } from "../../src/gateway/channels.ts";
import { masker } from "../property/http/lens-fixture.ts";

/** One of the rules' own examples: what of it must not be seen, and what is to be seen instead. */
export interface Planted {
  readonly rule: string;
  /** The name of the member that it stands under, where its rule wants one: then it is the whole of that member. */
  readonly name?: string;
  readonly text: string;
  /** The text with the secret parts taken out: what stands around marks. */
  readonly around: readonly string[];
  /** The secret parts themselves. */
  readonly secrets: readonly string[];
}

const all: readonly Planted[] = defaultRules.flatMap(({ id, examples }) =>
  (examples?.secrets ?? []).map((example) => {
    // As rules see it, a name stands before its text, after a NUL.
    const [, name, value] = /^\0([^"]+)": "(.*)$/s.exec(example) ?? [];
    const text = value ?? example;
    const parts = partsOf(text, `0.${name ?? "0"}`);
    return { rule: id, text, ...(name === undefined ? {} : { name }), ...parts };
  }),
);

/** Every example of every rule that plain text can hold. */
export const planted: readonly Planted[] = all.filter(({ name }) => name === undefined);
/** Those that stand under a member's name. */
export const named: readonly Planted[] = all.filter(({ name }) => name !== undefined);

function partsOf(text: string, channel: string): Pick<Planted, "around" | "secrets"> {
  const bytes = Buffer.from(text);
  const spans: (readonly [number, number])[] = [];
  const open = channels([masker], ({ offset, length }) => spans.push([offset, offset + length]));
  const transform = open(channel);
  transform.write(bytes);
  transform.flush();
  const around: string[] = [];
  const secrets: string[] = [];
  let from = 0;
  for (const [start, end] of spans) {
    around.push(bytes.subarray(from, start).toString());
    secrets.push(bytes.subarray(start, end).toString());
    from = end;
  }
  return { around: [...around, bytes.subarray(from).toString()], secrets };
}

/** An example that is cut in two at that byte: at 0 before it, at its length behind it. */
export interface Cell {
  readonly example: Planted;
  readonly cut: number;
}

/** These examples, each cut at every byte; or at those where something begins or ends, and one between. */
export function cellsOf(examples: readonly Planted[], everywhere: boolean): readonly Cell[] {
  return examples.flatMap((example) => {
    const length = Buffer.byteLength(example.text);
    const some = [0, 1, 4, 5, length >> 1, length - 1, length];
    const cuts = everywhere ? Array.from({ length: length + 1 }, (_, cut) => cut) : some;
    return [...new Set(cuts)].map((cut) => ({ example, cut: Math.min(cut, length) }));
  });
}

/** As many cells as one body is to hold. */
const together = 1000;

/** The cells in lists of a size that one body can hold. */
export function inBodies(cells: readonly Cell[]): readonly (readonly Cell[])[] {
  const count = Math.ceil(cells.length / together);
  return Array.from({ length: count }, (_, at) => cells.slice(at * together, (at + 1) * together));
}

/** What is seen of `line` in whatever form it comes. */
export const lineSign = "~~~ Lorem";

/** What parts the examples: no rule has a use for it. */
export function line(index: number): string {
  return `\n\n~~~ ${index} ${lineSign} ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod ~~~\n\n`;
}

/** The examples in one text, each behind a line that tells where it begins. */
export interface MatrixText {
  readonly text: string;
  /** Byte offsets at which the text is cut, one for each cell. */
  readonly cuts: readonly number[];
}

/** The cells one after another. */
export function matrixText(cells: readonly Cell[]): MatrixText {
  const cuts: number[] = [];
  const parts: string[] = [];
  let length = 0;
  const add = (part: string) => {
    parts.push(part);
    length += Buffer.byteLength(part);
  };
  cells.forEach(({ example, cut }, index) => {
    add(line(index));
    cuts.push(length + cut);
    add(example.text);
  });
  add(line(cells.length));
  return { text: parts.join(""), cuts };
}

/** Which cells can still be told from what came out, or are not as they should be. */
export function failuresIn(cells: readonly Cell[], out: string): readonly string[] {
  const failures: string[] = [];
  let at = 0;
  cells.forEach(({ example, cut }, index) => {
    const from = out.indexOf(line(index), at);
    const to = out.indexOf(line(index + 1), from);
    const seen = from < 0 || to < 0 ? undefined : out.slice(from + line(index).length, to);
    const failure = seen === undefined ? "the text around it is damaged" : failureIn(example, seen);
    if (failure !== undefined) failures.push(`${example.rule}, cut at ${cut}: ${failure}`);
    if (seen !== undefined) at = to;
  });
  return failures;
}

const mark = "\\[REDACTED:[a-z0-9-]{1,64}:[0-9a-f]{10}\\]";
const marks = new RegExp(mark, "g");
const least = 6;

function failureIn({ text, around, secrets }: Planted, seen: string): string | undefined {
  const bare = seen.replaceAll(marks, " ");
  const known = around.join("\n");
  const leaked = secrets
    .flatMap(windows)
    .find((window) => bare.includes(window) && !known.includes(window));
  if (leaked !== undefined) return `shows ${leaked} of ${text}`;
  const form = around.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(mark);
  return new RegExp(`^${form}$`).test(seen) ? undefined : `${seen} is not as it was but for marks`;
}

/** Every run of six characters. */
function windows(secret: string): readonly string[] {
  if (secret.length <= least) return [secret];
  return Array.from({ length: secret.length - least + 1 }, (_, at) => secret.slice(at, at + least));
}

/** A text in pieces that end at these byte offsets. */
export function cutAt(bytes: Uint8Array, cuts: readonly number[]): readonly Buffer[] {
  const places = [0, ...[...new Set(cuts)].sort((a, b) => a - b), bytes.length];
  return places.flatMap((from, index) => {
    const to = places[index + 1];
    return to === undefined || to <= from ? [] : [Buffer.from(bytes.subarray(from, to))];
  });
}
