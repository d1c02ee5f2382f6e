import { createReadStream, existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import type { MaskStrategy } from "../actions/mask/index.ts";
import { openKeys } from "../assembly/keys-file.ts";
import { readMaskSets } from "../assembly/mask-sets-file.ts";
import { type HouseMaskers, openMaskers } from "../assembly/maskers.ts";
import { stateDir } from "../assembly/state.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Finding } from "../core/finding.ts";
import { maskStream } from "../detection/mask-stream.ts";
import { Fields } from "../http/fields.ts";
import { contentLens } from "../protocols/content-lens.ts";
import type { Lens } from "../protocols/protocol.ts";
import { formatProblem } from "../yaml/problem.ts";
import { readArguments } from "./arguments.ts";
import type { Command, Io } from "./command.ts";
import { openConfig } from "./config-file.ts";

const forms: Readonly<Record<string, string>> = {
  text: "text/plain",
  json: "application/json",
  events: "text/event-stream",
  form: "application/x-www-form-urlencoded",
};
const strategies = ["mark", "stars", "fixed"] as const;

/** `mask`: copies a file or a stream to standard output as the gateway would mask it; what was found goes to standard error. */
export const mask: Command = {
  name: "mask",
  summary: "Mask the secrets of a file, or of standard input, as the gateway would",
  usage:
    "FILE|- [--as text|json|events|form] [--rules NAME,…] [--strategy mark|stars|fixed] [--config FILE] [--json]",
  run: async (args, io) => {
    const wanted = wantedFrom(args);
    if (!wanted.ok) return wrong(wanted.error, io);
    const { file, config, lens, rules, strategy, json } = wanted.value;
    const maskers = maskersFor(config, io);
    if (maskers === undefined) return 2;
    const unknown = rules.find((name) => !maskers.ruleSets.includes(name));
    if (unknown !== undefined)
      return wrong(`There is no rule set ${unknown}: ${maskers.ruleSets.join(", ")}.`, io);
    const from = open(file, io);
    if (from === undefined) return wrong(`There is no file ${file}.`, io);
    const masker = maskers.masker(rules, strategy);
    const { findings } = await maskStream(from, io.stdout, { masker, lens });
    for (const line of json ? findings.map((one) => JSON.stringify(one)) : tally(findings))
      io.err(line);
    return 0;
  },
};

interface Wanted {
  readonly file: string;
  readonly lens: Lens;
  readonly rules: readonly string[];
  readonly strategy: MaskStrategy;
  readonly config: string | undefined;
  readonly json: boolean;
}

function wantedFrom(args: readonly string[]): Result<Wanted> {
  const read = readArguments(args, {
    as: { type: "string", default: "text" },
    rules: { type: "string", default: "default" },
    strategy: { type: "string", default: "mark" },
    config: { type: "string" },
    json: { type: "boolean", default: false },
  });
  if (!read.ok) return read;
  const { values, positionals } = read.value;
  const [file] = positionals;
  if (file === undefined) return err("Name a file, or - for standard input.");
  const type = forms[values.as];
  if (type === undefined) return err(`--as takes one of ${Object.keys(forms).join(", ")}.`);
  const strategy = strategies.find((one) => one === values.strategy);
  if (strategy === undefined) return err(`--strategy takes one of ${strategies.join(", ")}.`);
  const lens = contentLens(new Fields([["content-type", type]]));
  const { config, json } = values;
  return ok({ file, lens, rules: values.rules.split(","), strategy, config, json });
}

function open(file: string, io: Io): Readable | undefined {
  if (file === "-") return Readable.from(io.stdin);
  const path = resolve(io.cwd, file);
  return existsSync(path) ? createReadStream(path) : undefined;
}

function wrong(sentence: string, io: Io): 2 {
  io.err(sentence);
  return 2;
}

/** With a config its rule sets are known, and fingerprints are those of the gateway; else they hold for this run alone. */
function maskersFor(named: string | undefined, io: Io): HouseMaskers | undefined {
  const implied = existsSync(resolve(io.cwd, "sallyport.yaml")) ? "sallyport.yaml" : undefined;
  const file = named ?? implied;
  if (file === undefined) return openMaskers(crypto.getRandomValues(new Uint8Array(32)));
  const config = openConfig(file, io);
  if (config === undefined) return undefined;
  const own = readMaskSets(config);
  if (!own.ok) {
    for (const problem of own.error) io.err(formatProblem(problem));
    return undefined;
  }
  const { fingerprint } = openKeys(config.keys ?? join(stateDir(config), "keys"));
  return openMaskers(fingerprint, own.value.sets);
}

function tally(findings: readonly Finding[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { rule } of findings) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  return [...counts].map(([rule, count]) => `masked ${rule}: ${count}`);
}
