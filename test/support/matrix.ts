import { defaultRules } from "../../src/detection/rules/index.ts";
import { channels } from "../../src/gateway/channels.ts";
import { masker } from "../property/http/lens-fixture.ts";

/** One of the rules' own examples: what of it must not be seen, and what is to be seen instead. */
export interface Planted {
  readonly rule: string;
  readonly text: string;
  /** The text with the secret parts taken out: what stands around marks. */
  readonly around: readonly string[];
  /** The secret parts themselves. */
  readonly secrets: readonly string[];
}

/** Every example of every rule, once; save for values that stand under a member's name, which no plain text has. */
export const planted: readonly Planted[] = defaultRules.flatMap(({ id, examples }) =>
  (examples?.secrets ?? [])
    .filter((text) => !text.startsWith("\0"))
    .map((text) => ({ rule: id, text, ...partsOf(text) })),
);

function partsOf(text: string): Pick<Planted, "around" | "secrets"> {
  const bytes = Buffer.from(text);
  const spans: (readonly [number, number])[] = [];
  const open = channels([masker], ({ offset, length }) => spans.push([offset, offset + length]));
  const transform = open("0");
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

/** The examples in one text, each behind a line that tells where it begins. */
export interface MatrixText {
  readonly text: string;
  /** Byte offsets at which the text is cut, one within each example. */
  readonly cuts: readonly number[];
}

/** What parts the examples: no rule has a use for it. */
function line(index: number): string {
  return `\n\n~~~ ${index} ~~~ Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod ~~~\n\n`;
}

/** All examples, each cut at the place that `cut` says for its length in bytes. */
export function matrixText(cut: (length: number) => number): MatrixText {
  const cuts: number[] = [];
  let text = "";
  planted.forEach((example, index) => {
    text += line(index);
    cuts.push(Buffer.byteLength(text) + cut(Buffer.byteLength(example.text)));
    text += example.text;
  });
  return { text: text + line(planted.length), cuts };
}

/** Which examples can still be told from what came out, or are not as they should be. */
export function failuresIn(out: string): readonly string[] {
  return planted.flatMap(({ rule, text, around, secrets }, index) => {
    const from = out.indexOf(line(index));
    const to = out.indexOf(line(index + 1));
    if (from < 0 || to < 0) return [`${rule}: the text around it is damaged`];
    const seen = out.slice(from + line(index).length, to);
    const bare = seen.replaceAll(new RegExp(mark, "g"), " ");
    const known = around.join("\n");
    const leaked = secrets
      .flatMap(windows)
      .find((window) => bare.includes(window) && !known.includes(window));
    if (leaked !== undefined) return [`${rule}: shows ${leaked} of ${text}`];
    const form = around.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(mark);
    return new RegExp(`^${form}$`).test(seen)
      ? []
      : [`${rule}: ${seen} is not as it was but for marks`];
  });
}

const mark = "\\[REDACTED:[a-z0-9-]{1,64}:[0-9a-f]{10}\\]";
const least = 6;

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
