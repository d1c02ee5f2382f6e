// node test/bench/gitleaks-samples.ts [--misses]: how faithfully a gitleaks.toml is honoured, by the samples with which
// gitleaks' own generator tests its rules. As there, each sample is for one rule, next to the file's own allowlists.
import type { Masker } from "../../src/core/finding.ts";
import { loadGitleaks } from "../../src/detection/gitleaks.ts";
import { fingerprinter } from "../../src/detection/mark.ts";
import { createMasker } from "../../src/detection/masker.ts";
import { compileRules } from "../../src/detection/rule-set.ts";
import { buildGitleaks, type Sample } from "./gitleaks/build.ts";

const { toml, samples } = buildGitleaks();
const loaded = loadGitleaks(toml);
if (!loaded.ok) throw new Error(loaded.error);
const fingerprint = fingerprinter(Buffer.from("bench"));
const maskers = new Map<string, Masker>(
  loaded.value.rules.map((rule) => [rule.id, createMasker(compileRules([rule]), { fingerprint })]),
);

/** What is left of the text when the rule has masked it, in chunks of that many bytes; nothing where it was not loaded. */
function masked({ rule, text }: Sample, size: number): string | undefined {
  const masker = maskers.get(rule);
  if (masker === undefined) return undefined;
  const transform = masker.open("0", () => undefined);
  const body = Buffer.from(text);
  const out: Uint8Array[] = [];
  for (let at = 0; at < body.length; at += size)
    out.push(transform.write(body.subarray(at, at + size)));
  return Buffer.concat([...out, transform.flush()]).toString();
}

/** Whether the rule finds something; nothing where it was not loaded. */
function isFound(sample: Sample): boolean | undefined {
  const whole = masked(sample, Number.MAX_SAFE_INTEGER);
  if (whole !== masked(sample, 1)) throw new Error(`not the same in pieces: ${sample.text}`);
  return whole === undefined ? undefined : whole !== sample.text;
}

const judged = samples.map((sample) => ({ sample, found: isFound(sample) }));
for (const isSecret of [true, false]) {
  const some = judged.filter(({ sample }) => sample.secret === isSecret);
  const found = some.filter((one) => one.found === true).length;
  console.log(`${isSecret ? "true" : "false"} samples: ${found} of ${some.length} found`);
  const wrong = some.filter((one) => (one.found === true) !== isSecret);
  for (const [cause, of] of Map.groupBy(wrong, causeOf))
    console.log(`  ${String(of.length).padStart(4)}  ${cause}`);
}
console.log(
  `\nNot honoured, and said when the file is loaded:\n${loaded.value.ignored.join("\n")}`,
);

function causeOf({ sample, found }: (typeof judged)[number]): string {
  if (process.argv.includes("--misses")) console.log(JSON.stringify(sample));
  if (found === undefined) return `${sample.rule}: the rule was not loaded`;
  const path = sample.path ? ` in ${sample.path}` : "";
  return `${sample.rule}: ${sample.secret ? "missed" : "found"}${path}`;
}
