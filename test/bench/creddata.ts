// node test/bench/creddata.ts FOLDER [--originals] [--misses] [--false]: our own rules on the labelled lines of CredData, for repositories
// with an even number; tuned on those that a four divides, held out the others. FOLDER: see detection/creddata.ts.
import { fingerprinter } from "../../src/detection/mark.ts";
import { createMasker } from "../../src/detection/masker.ts";
import { compileRules } from "../../src/detection/rule-set.ts";
import { defaultRules } from "../../src/detection/rules/index.ts";
import { type Label, type LabelledFile, labelledFiles } from "./detection/creddata.ts";

/** What nobody has to keep secret. */
const noSecrets = new Set([
  "UUID",
  "AWS S3 Bucket",
  "Nonce",
  "Salt",
  "Firebase Domain",
  "AWS Client ID",
]);

/** A mask, by the lines that it touches. */
interface Mask {
  readonly rule: string;
  readonly from: number;
  readonly to: number;
}

interface Tally {
  files: number;
  bytes: number;
  secrets: number;
  found: number;
  right: number;
  wrong: number;
  unlabelled: number;
}

const [folder] = process.argv.slice(2).filter((arg) => !arg.startsWith("--"));
const masker = createMasker(compileRules(defaultRules), {
  fingerprint: fingerprinter(Buffer.from("bench")),
});

function masksOf(text: Buffer): readonly Mask[] {
  const masks: Mask[] = [];
  const newlines: number[] = [];
  for (let at = text.indexOf(10); at >= 0; at = text.indexOf(10, at + 1)) newlines.push(at);
  const lineOf = (offset: number): number => {
    let [low, high] = [0, newlines.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((newlines[middle] as number) < offset) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
  const transform = masker.open("0", ({ rule, offset, length }) => {
    masks.push({ rule, from: lineOf(offset), to: lineOf(offset + length - 1) });
  });
  transform.write(text);
  transform.flush();
  return masks;
}

function overlaps(a: Pick<Label, "from" | "to">, b: Pick<Label, "from" | "to">): boolean {
  return a.from <= b.to && b.from <= a.to;
}

const empty = (): Tally => ({
  files: 0,
  bytes: 0,
  secrets: 0,
  found: 0,
  right: 0,
  wrong: 0,
  unlabelled: 0,
});
const tallies = { tuned: empty(), "held out": empty() };
const byCategory = new Map<string, { found: number; of: number }>();
const byRule = new Map<string, { right: number; wrong: number; unlabelled: number }>();
const repositories = new Set<string>();

function judge(file: LabelledFile): void {
  const half = file.id % 4 === 0 ? "tuned" : "held out";
  const tally = tallies[half];
  const masks = masksOf(file.text);
  repositories.add(file.repository);
  tally.files++;
  tally.bytes += file.text.length;
  for (const label of file.labels) {
    if (label.truth !== "T" || label.categories.every((name) => noSecrets.has(name))) continue;
    const found = masks.some((mask) => overlaps(mask, label));
    tally.secrets++;
    if (found) tally.found++;
    else if (half === "tuned") show("--misses", file, label, label.categories.join(":"));
    count(byCategory, label.categories.join(":"), { found: found ? 1 : 0, of: 1 });
  }
  for (const mask of masks) {
    const truths = file.labels.filter((label) => overlaps(mask, label)).map(({ truth }) => truth);
    // What its authors could not tell counts for nothing.
    if (!truths.includes("T") && truths.includes("X")) continue;
    const kind = truths.includes("T") ? "right" : truths.includes("F") ? "wrong" : "unlabelled";
    tally[kind]++;
    count(byRule, mask.rule, { right: 0, wrong: 0, unlabelled: 0, [kind]: 1 });
    if (kind === "wrong" && half === "tuned") show("--false", file, mask, mask.rule);
  }
}

function count<T extends Record<string, number>>(map: Map<string, T>, key: string, more: T): void {
  const known = map.get(key);
  const sum = Object.entries(more).map(([name, n]) => [name, (known?.[name] ?? 0) + n]);
  map.set(key, Object.fromEntries(sum) as T);
}

function show(flag: string, file: LabelledFile, at: Pick<Label, "from" | "to">, why: string): void {
  if (!process.argv.includes(flag)) return;
  const lines = file.text
    .toString()
    .split("\n")
    .slice(at.from - 1, at.from);
  console.log(
    `${why}\t${file.repository}\t${file.path}:${at.from}\t${lines.join().trim().slice(0, 200)}`,
  );
}

function report(name: string, tally: Tally): void {
  const { files, bytes, secrets, found, right, wrong, unlabelled } = tally;
  const recall = found / secrets;
  const precision = right / (right + wrong);
  const f1 = (2 * precision * recall) / (precision + recall);
  console.log(
    `${name}: ${files} files, ${(bytes / 1e6).toFixed(1)} MB, ${found} of ${secrets} secrets; ` +
      `recall ${recall.toFixed(3)}, precision ${precision.toFixed(3)} ` +
      `(${(right / (right + wrong + unlabelled)).toFixed(3)} with what has no label), F1 ${f1.toFixed(3)}`,
  );
}

if (folder === undefined) {
  console.log("creddata: not run; it wants a folder with CredData and its repositories");
} else {
  for (const file of labelledFiles(folder, !process.argv.includes("--originals"))) judge(file);
  console.log(`${repositories.size} repositories`);
  for (const [name, tally] of Object.entries(tallies)) report(name, tally);
  const both = [tallies.tuned, tallies["held out"]];
  const sum = (name: keyof Tally) => both.reduce((all, tally) => all + tally[name], 0);
  report(
    "both",
    Object.fromEntries(
      Object.keys(empty()).map((n) => [n, sum(n as keyof Tally)]),
    ) as unknown as Tally,
  );
  console.log("\nby category: found of all");
  for (const [name, { found, of }] of [...byCategory]
    .toSorted(([, a], [, b]) => b.of - a.of)
    .slice(0, 25))
    console.log(`  ${String(found).padStart(5)} of ${String(of).padStart(5)}  ${name}`);
  console.log("\nby rule: right, wrong, without a label");
  for (const [name, { right, wrong, unlabelled }] of byRule)
    console.log(
      `  ${String(right).padStart(5)} ${String(wrong).padStart(5)} ${String(unlabelled).padStart(5)}  ${name}`,
    );
}
