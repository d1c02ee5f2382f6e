import { judge } from "../../../src/provenance/attribute.ts";
import type { CommitChange } from "../../../src/provenance/change.ts";
import { ChangeIndex } from "../../../src/provenance/change-index.ts";
import {
  type Channel,
  fingerprints,
  tokensOf,
  winnowed,
} from "../../../src/provenance/fingerprints.ts";
import { HashSet } from "../../../src/provenance/hash-set.ts";
import { languageOf } from "../../../src/provenance/language.ts";
import { shortlist } from "../../../src/provenance/shortlist.ts";
import { pack, type Suggestion } from "../../../src/provenance/suggestion.ts";
import { veil } from "../../../src/provenance/veil.ts";
import { plans, repository } from "./corpora.ts";
import { pick, random } from "./edits.ts";
import { block, filler, sizes } from "./sample.ts";

const hidden = veil(Buffer.from("evaluation"));
const suggestions = 100_000;
/** A part of them makes a rehearsal of it on a busy machine; what it takes is multiplied. */
const part = Number(process.env["PROVENANCE_PART"] ?? 1);

/** Megabytes a second on one core (processor time, so that a busy machine does not matter), and one diff against many. */
export function measureSpeed(): void {
  const files = plans.flatMap((plan) =>
    plan.dev.slice(0, 2).flatMap((name) => repository(plan, name).files),
  );
  const sources = files.map(({ path, text }) => ({ text, language: languageOf(path) }));
  let best = 0;
  for (let round = 0; round < 3; round++) {
    const started = process.cpuUsage();
    let bytes = 0;
    for (const { text, language } of sources) {
      const tokens = tokensOf(text, language);
      winnowed(tokens, "exact");
      winnowed(tokens, "abstract");
      bytes += Buffer.byteLength(text);
    }
    const { user, system } = process.cpuUsage(started);
    best = Math.max(best, bytes / (user + system));
  }
  verdict("fingerprinting", best >= 20, `${best.toFixed(1)} MB/s of processor time, at least 20`);
  const { kilobytes, milliseconds, found } = search();
  verdict(
    "one diff against 100,000 suggestions",
    milliseconds < 1000 && found > 0,
    `${milliseconds.toFixed(0)} ms of processor time, less than 1000; ${found} places found; ${kilobytes.toFixed(2)} KB for each`,
  );
}

function verdict(what: string, reached: boolean, figure: string): void {
  console.log(`  ${reached ? "reached" : "MISSED "}  ${what}: ${figure}`);
  if (!reached) process.exitCode = 1;
}

function search(): { kilobytes: number; milliseconds: number; found: number } {
  const next = random(3);
  const [plan] = plans;
  if (plan === undefined) throw new Error("no corpora");
  const files = plans.flatMap((plan) =>
    plan.dev.flatMap((name) =>
      repository(plan, name).files.map(({ text }) => ({ text, name: plan.language })),
    ),
  );
  const packed: Buffer[] = [];
  for (let number = 0; packed.length < suggestions * part; number++) {
    const size = sizes[number % sizes.length] ?? sizes[0];
    const { text, name } = pick(files, next);
    const taken = block(text, name, size, next);
    if (taken !== undefined) packed.push(pack(suggestionOf(taken, number), hidden));
  }
  const strange = plan.test.flatMap((name) => repository(plan, name).files.map(({ text }) => text));
  const ours = filler([pick(files, next).text], plan.language, 30, next);
  const change = [...filler(strange, plan.language, 270, next), ...ours].join("\n\n");
  const started = process.cpuUsage();
  const read = changeOf(change);
  const likely = shortlist(packed, read.index, hidden);
  const { files: told } = judge(read, { packed, likely }, "another session", new HashSet([]));
  const { user, system } = process.cpuUsage(started);
  const bytes = packed.reduce((sum, one) => sum + one.length, 0);
  return {
    kilobytes: bytes / packed.length / 1000,
    milliseconds: (user + system) / 1000 / part,
    found: told.flatMap(({ lines }) => lines).length,
  };
}

function changeOf(text: string): CommitChange {
  const tokens = tokensOf(text, languageOf("a.ts"));
  const index = (channel: Channel): ChangeIndex => {
    const made = new ChangeIndex(channel);
    made.add(0, fingerprints(tokens, channel), () => true);
    return made;
  };
  const lines = new Set(text.split("\n").map((_, at) => at + 1));
  const files = [{ path: "src/a.ts", blob: "0".repeat(40), added: lines, code: lines }];
  return { files, index: { exact: index("exact"), abstract: index("abstract") } };
}

function suggestionOf(text: string, number: number): Suggestion {
  const tokens = tokensOf(text, languageOf("a.ts"));
  const of = (channel: Channel): Float64Array => winnowed(tokens, channel).hashes;
  return {
    record: "0199c2a0-7d3e-7000-8000-000000000000",
    index: number % 8,
    session: "github-actions:1234567890:1",
    at: 1_760_000_000_000,
    principal: "github-actions:repo:acme/app:ref:refs/heads/main",
    actor: "octocat",
    model: "gpt-5",
    turn: 1,
    tool: "create",
    path: "src/app/module.ts",
    lines: new Set(tokens.lines.subarray(0, tokens.length)).size,
    hashes: { exact: of("exact"), abstract: of("abstract") },
  };
}
