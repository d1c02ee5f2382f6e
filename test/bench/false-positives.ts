// node test/bench/false-positives.ts [--show]: how much of harmless text is masked, in published packages that are at hand.
// What was masked in npm's and Go's packages was looked at when the rules were tuned; Python's when they stood.
import { fingerprinter } from "../../src/detection/mark.ts";
import { createMasker } from "../../src/detection/masker.ts";
import { compileRules } from "../../src/detection/rule-set.ts";
import { defaultRules } from "../../src/detection/rules/index.ts";
import { chatLens } from "../../src/protocols/chat/lens.ts";
import { type CleanFile, cleanFiles, type Origin } from "./detection/clean-files.ts";

const show = process.argv.includes("--show");
const rules = compileRules(defaultRules);
const masker = createMasker(rules, { fingerprint: fingerprinter(Buffer.from("bench")) });

interface Mask {
  readonly rule: string;
  readonly file: CleanFile;
  /** The masked bytes in their surroundings, for a person to judge. */
  readonly seen: string;
}

function masksOf(file: CleanFile): readonly Mask[] {
  const masks: Mask[] = [];
  const transform = masker.open("0", ({ rule, offset, length }) => {
    const [from, to] = [Math.max(0, offset - 60), offset + Math.min(length, 120) + 20];
    masks.push({ rule, file, seen: file.text.subarray(from, to).toString() });
  });
  transform.write(file.text);
  transform.flush();
  return masks;
}

/** The same as what a model answers, in a chat completion. */
function chatMasksOf(file: CleanFile): readonly Mask[] {
  const masks: Mask[] = [];
  const message = { role: "assistant", content: file.text.toString() };
  const body = { id: "c", choices: [{ index: 0, message, finish_reason: "stop" }] };
  const lens = chatLens((channel) =>
    masker.open(channel, ({ rule, offset, length }) => {
      const text = Buffer.from(message.content);
      const seen = text.subarray(Math.max(0, offset - 60), offset + Math.min(length, 120) + 20);
      masks.push({ rule, file, seen: seen.toString() });
    }),
  );
  lens.write(Buffer.from(JSON.stringify(body)));
  lens.flush();
  return masks;
}

interface Judged {
  readonly bytes: number;
  readonly masks: readonly Mask[];
}

function judged(
  files: readonly CleanFile[],
  masks: (file: CleanFile) => readonly Mask[],
): Judged[] {
  return files.map((file) => ({ bytes: file.text.length, masks: masks(file) }));
}

function report(name: string, files: readonly Judged[]): void {
  const megabytes = files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6;
  const masks = files.flatMap((file) => file.masks);
  const each = masks.length / megabytes;
  console.log(
    `${name}: ${files.length} files, ${megabytes.toFixed(1)} MB, ${masks.length} masks, ${each.toFixed(3)} per MB`,
  );
  const byRule = [...Map.groupBy(masks, ({ rule }) => rule)];
  for (const [rule, of] of byRule.toSorted(([, a], [, b]) => b.length - a.length))
    console.log(`  ${String(of.length).padStart(4)}  ${rule}`);
  if (show && !name.endsWith("all"))
    for (const { rule, file, seen } of masks)
      console.log(`    ${rule} ${file.owner} ${JSON.stringify(seen)}`);
}

const corpora: readonly (readonly [Origin, string, readonly string[], readonly string[]])[] = [
  ["npm", "looked at", [".js", ".mjs", ".cjs", ".ts"], [".md"]],
  ["go", "looked at", [".go"], [".md"]],
  ["python", "looked at last", [".py"], [".md", ".rst", ".txt"]],
];
const all = { source: judged([], masksOf), chat: judged([], chatMasksOf) };
for (const [origin, use, code, prose] of corpora) {
  const source = judged(cleanFiles(origin, code), masksOf);
  const chat = judged(cleanFiles(origin, prose), chatMasksOf);
  report(`source, ${origin}, ${use}`, source);
  report(`chat, ${origin}, ${use}`, chat);
  all.source.push(...source);
  all.chat.push(...chat);
}
report("source, all", all.source);
report("chat, all", all.chat);
