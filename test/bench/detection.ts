import type { Masker } from "../../src/core/finding.ts";
import { fingerprinter } from "../../src/detection/mark.ts";
import { createMasker } from "../../src/detection/masker.ts";
import { compileRules } from "../../src/detection/rule-set.ts";
import { defaultRules } from "../../src/detection/rules/index.ts";
import { channels } from "../../src/gateway/channels.ts";
import { chatLens } from "../../src/protocols/chat/lens.ts";
import { gitleaks, secretlint } from "./detection/peers.ts";
import { readCorpora } from "./detection-corpus.ts";

/** One measurement: megabytes per second of processor time, and against the bare loop in the same round. */
interface Figure {
  readonly name: string;
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

const chunk = 64 * 1024;
const warmRounds = 4;
const rounds = 9;
const fingerprint = fingerprinter(Buffer.from("bench"));

function cpuSeconds(work: () => void): number {
  const from = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1e6;
}

/** The legs take turns; each has had some rounds before, for V8 to compile it. */
function measure(legs: Readonly<Record<string, () => void>>, bytes: number): Figure[] {
  for (let round = 0; round < warmRounds; round++) for (const work of Object.values(legs)) work();
  const speeds = new Map<string, number[]>(Object.keys(legs).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const [name, work] of Object.entries(legs))
      speeds.get(name)?.push(bytes / 1e6 / cpuSeconds(work));
  return [...speeds].map(([name, of]) => figureOf(name, of));
}

function figureOf(name: string, speeds: readonly number[]): Figure {
  const sorted = speeds.toSorted((a, b) => a - b);
  const [least = 0, median = 0, most = 0] = [0, sorted.length >> 1, -1].map((at) => sorted.at(at));
  return { name, median, least, most };
}

function chunksOf(data: Buffer): Buffer[] {
  return Array.from({ length: Math.ceil(data.length / chunk) }, (_, index) =>
    data.subarray(index * chunk, (index + 1) * chunk),
  );
}

const started = cpuSeconds(() => compileRules(defaultRules));
const rules = compileRules(defaultRules);
const masker = createMasker(rules, { fingerprint });
const corpora = readCorpora(4);

/** Reads the bytes with the very same literals and does nothing with them: what no such engine can be faster than. */
function bareLoop(chunks: readonly Buffer[]): number {
  const { next, classes, start, firstHit } = rules.literals;
  let state = start;
  let hits = 0;
  for (const bytes of chunks)
    for (let at = 0; at < bytes.length; at++) {
      state = next[state + (classes[bytes[at] as number] as number)] as number;
      if (state >= firstHit) hits++;
    }
  return hits;
}

function mask(chunks: readonly Buffer[], by = masker): number {
  let findings = 0;
  const transform = by.open("0", () => findings++);
  for (const bytes of chunks) transform.write(bytes);
  transform.flush();
  return findings;
}

function maskBodies(): void {
  for (const body of corpora.bodies) {
    const transform = chatLens(channels([masker], () => undefined));
    transform.write(body);
    transform.flush();
  }
}

const figures: Figure[] = [];
const first = corpora.source.subarray(0, 2e6);
console.log(
  `the first 2 MB, before V8 has compiled anything: ${(2 / cpuSeconds(() => mask(chunksOf(first)))).toFixed(1)} MB/cpu-s`,
);
for (const [name, data] of [
  ["source", corpora.source],
  ["chat", corpora.chat],
] as const) {
  const chunks = chunksOf(data);
  const legs = { "bare loop": () => bareLoop(chunks), masker: () => mask(chunks) };
  const pair = measure(legs, data.length);
  const [bare, masked] = pair.map(({ median }) => median);
  const ratio = (masked ?? 0) / (bare ?? 1);
  figures.push(...pair.map((figure) => ({ ...figure, name: `${name}, ${figure.name}` })));
  figures.push(...(await peerFigures(name, data)));
  console.log(`${name}: ${data.length} bytes, ${mask(chunks)} findings, ratio ${ratio.toFixed(2)}`);
}
const bodyBytes = corpora.bodies.reduce((sum, body) => sum + body.length, 0);
figures.push(...measure({ "chat as JSON, lens and masker": maskBodies }, bodyBytes));
figures.push(...worstFamilies("worst of all", masker));
figures.push(...worstFamilies("worst of the automata alone", automataAlone()));
for (const { name, median, least, most } of figures)
  console.log(
    `${name.padEnd(60)} ${median.toFixed(1).padStart(8)} MB/cpu-s  [${least.toFixed(1)}–${most.toFixed(1)}]`,
  );
deltas();
console.log(`rules compiled in ${started.toFixed(2)} cpu-s, ${rules.rules.length} rules`);

/** The same text for others, in the same run; a sentence where one cannot be had. */
async function peerFigures(name: string, data: Buffer): Promise<Figure[]> {
  const found: Figure[] = [];
  for (const [peer, start] of Object.entries({ secretlint, gitleaks })) {
    try {
      const read = await start();
      const speeds: number[] = [];
      for (let round = 0; round < 3; round++) speeds.push(data.length / 1e6 / (await read(data)));
      found.push(figureOf(`${name}, ${peer}`, speeds));
    } catch (error) {
      console.log(`${peer} cannot be had: ${error instanceof Error ? error.message : error}`);
    }
  }
  return found;
}

/** The same rules with nobody to judge what they match, so that nothing has to be marked either. */
function automataAlone(): Masker {
  const candidates = rules.candidates.map((of) =>
    of.map((one) => ({ ...one, rule: { ...one.rule, accepts: () => false } })),
  );
  return createMasker({ ...rules, candidates }, { fingerprint });
}

/** Every literal, repeated in shapes that keep as many rules busy as they can; the slowest three, at length. */
function worstFamilies(what: string, by: Masker): Figure[] {
  const literals = [
    ...new Set(
      defaultRules.flatMap((rule) => rule.examples?.secrets ?? []).map((text) => text.slice(0, 12)),
    ),
  ];
  const shapes = [
    (l: string) => l,
    (l: string) => `${l}="aB3`,
    (l: string) => `${l} `,
    (l: string) => `${l}=0123456789abcdef`,
    (l: string) => `${l.toUpperCase()}="`,
    (l: string) => `"${l}":"A1b2C3d4`,
    (l: string) => `://u:${l}`,
    (l: string) => `password="token="secret=${l}`,
  ];
  const figure = (text: string, size = 20_000): Figure & { readonly text: string } => {
    const data = Buffer.from(text.repeat(Math.ceil(size / text.length)));
    const chunks = chunksOf(data);
    mask(chunks, by);
    const speed = data.length / 1e6 / cpuSeconds(() => mask(chunks, by));
    return {
      text,
      name: `${what}: ${JSON.stringify(text).slice(0, 30)}`,
      median: speed,
      least: speed,
      most: speed,
    };
  };
  return literals
    .flatMap((literal) => shapes.map((shape) => figure(shape(literal))))
    .toSorted((a, b) => a.median - b.median)
    .slice(0, 3)
    .map(({ text }) => figure(text, 400_000));
}

/** What a model sends piece by piece: time for each piece, and how often and how much is held. */
function deltas(): void {
  const pieces = corpora.deltas;
  const pass = () => {
    const transform = masker.open("0", () => undefined);
    for (const piece of pieces) transform.write(piece);
    transform.flush();
  };
  const times = Array.from({ length: rounds }, () => cpuSeconds(pass)).toSorted((a, b) => a - b);
  const transform = masker.open("0", () => undefined);
  const held: number[] = [];
  for (const piece of pieces) {
    transform.write(piece);
    if ((transform.pending ?? 0) > 0) held.push(transform.pending ?? 0);
  }
  const nanoseconds = ((times[rounds >> 1] ?? 0) / pieces.length) * 1e9;
  console.log(
    `deltas: ${pieces.length}, ${nanoseconds.toFixed(0)} ns each, ${((100 * held.length) / pieces.length).toFixed(3)} % held, at most ${Math.max(0, ...held)} bytes`,
  );
}
