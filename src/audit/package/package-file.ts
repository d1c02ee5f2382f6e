import { hash } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { err, ok, type Result } from "../../base/result.ts";
import type { Verifier } from "../../tlog/key.ts";
import { queryRecords, readPayload } from "../index/query-file.ts";
import { checkpointBefore, type Growth, proveGrowth } from "../transparency/consistency-file.ts";
import type { LogPlaces } from "../transparency/log-place.ts";
import { proveRecord } from "../transparency/proof-file.ts";
import {
  statedKeys,
  type VerifyOptions,
  type VerifyReport,
  verifyLog,
} from "../transparency/verify-file.ts";
import { concerns, isApproval, isPolicy } from "./control.ts";
import { exportItems, type Period } from "./export-file.ts";
import { populationHead, populationLine, Sample } from "./population.ts";
import { verifyScript } from "./verify-script.ts";

export interface PackageOptions {
  readonly dir: string;
  /** An empty or new folder. */
  readonly out: string;
  readonly period: Period;
  /** Published with the package, so that the drawing can be repeated; chosen by the auditor, best of all. */
  readonly seed: string;
  readonly samples: number;
  /** Whose population is drawn; absent: everything. */
  readonly control?: string;
  readonly keys: readonly Verifier[];
  /** A checkpoint that the auditor has kept; absent: the log's own from the period's beginning. */
  readonly older?: string;
  readonly log: LogPlaces;
  /** What `verifyLog` needs to know of a log that is not in the folder. */
  readonly elsewhere: Pick<VerifyOptions, "store">;
}

/** What a package holds. */
export interface PackageSummary {
  readonly population: number;
  readonly samples: readonly string[];
  /** Entries in the older and in the newer checkpoint. */
  readonly growth: { readonly from: number; readonly to: number };
  readonly report: VerifyReport;
}

/**
 * Writes what an auditor takes away: the population of a period with its count, the proof that it is complete (the
 * report over the whole log, its checkpoint and keys), samples drawn by a published seed, each with its proof, and
 * SHA256SUMS over all of it. Everything in it can be checked without us.
 */
export async function writePackage(options: PackageOptions): Promise<Result<PackageSummary>> {
  const { dir, out, keys, seed, period, log, control } = options;
  const grown = await growth(options);
  if (!grown.ok) return grown;
  await mkdir(out, { recursive: true, mode: 0o700 });
  if ((await readdir(out)).length > 0) return err(`${out} is not empty`);
  const verified = await verifyLog({ dir, keys, older: [], ...options.elsewhere });
  if (!verified.ok) return verified;
  const { population, drawn } = await writePopulation(options);
  await mkdir(join(out, "samples"));
  for (const id of drawn) {
    const [found] = await queryRecords(dir, { keys: [["id", id]], limit: 1 });
    if (found === undefined) return err(`record ${id} is no longer kept`);
    const proof = await proveRecord(log, found.record);
    if (!proof.ok) return proof;
    await writeFile(join(out, "samples", `${id}.tlog-proof`), proof.value);
    await writeFile(join(out, "samples", `${id}.record`), await readPayload(dir, found));
  }
  for (const name of ["checkpoint", "vkeys"])
    await writeFile(join(out, name), (await log.store.read(name)) ?? "");
  await writeFile(join(out, "checkpoint.older"), grown.value.older);
  await writeFile(join(out, "consistency"), grown.value.text);
  const { from, to } = grown.value;
  const summary = { population, samples: drawn, growth: { from, to }, report: verified.value };
  await writeFile(
    join(out, "report.json"),
    `${JSON.stringify({ seed, control, period: words(period), ...summary }, null, 2)}\n`,
  );
  await writeFile(join(out, "README.txt"), readme);
  await writeFile(join(out, "verify.py"), verifyScript);
  await writeSums(out);
  return ok(summary);
}

/** From the older checkpoint to the newest: where none was kept, from the newest to itself. */
async function growth({
  log,
  keys,
  period,
  older,
}: PackageOptions): Promise<Result<Growth & { readonly older: string }>> {
  const newer = (await log.store.read("checkpoint"))?.toString();
  if (newer === undefined) return err("the log has no checkpoint yet");
  const trusted = keys.length > 0 ? keys : await statedKeys(log.store);
  const origin = trusted[0]?.name;
  if (origin === undefined) return err("no verifier key was given, and the log states none");
  const begin = older ?? (await checkpointBefore(log.store, period.from)) ?? newer;
  const grown = await proveGrowth(log.store, { older: begin, newer, origin, keys: trusted });
  return grown.ok ? ok({ ...grown.value, older: begin }) : grown;
}

async function writePopulation(options: PackageOptions) {
  const { dir, out, period, seed, samples, control } = options;
  const sample = new Sample(seed, samples);
  const file = createWriteStream(join(out, "population.csv"), { mode: 0o600 });
  const head = `${populationHead}\r\n`;
  file.write(head);
  const approvals = [head];
  let population = 0;
  for await (const item of exportItems(dir, period)) {
    if (isApproval(item)) approvals.push(`${populationLine(item)}\r\n`);
    if (!concerns(control, item)) continue;
    population += 1;
    if (item.kind === "exchange") sample.add(item.intent.id);
    if (!file.write(`${populationLine(item)}\r\n`)) await once(file, "drain");
  }
  file.end();
  await finished(file);
  await writeFile(join(out, "approvals.csv"), approvals.join(""));
  const policies = [head];
  for await (const item of exportItems(dir, { from: 0, to: period.to }))
    if (isPolicy(item)) policies.push(`${populationLine(item)}\r\n`);
  await writeFile(join(out, "policies.csv"), policies.join(""));
  return { population, drawn: sample.ids() };
}

async function writeSums(out: string): Promise<void> {
  const entries = await readdir(out, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(out.length + 1))
    .sort();
  const lines = [];
  for (const name of names)
    lines.push(`${hash("sha256", await readFile(join(out, name)))}  ${name}\n`);
  await writeFile(join(out, "SHA256SUMS"), lines.join(""));
}

function words({ from, to }: Period): { readonly from: string; readonly to: string } {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

const readme = `Evidence from a Sallyport audit log

population.csv   every exchange and act that began in the period and concerns the control (report.json names it), one a line
approvals.csv    what people said, and what went on by their word, in the period
policies.csv     which policy came into force when, up to the period's end; the last before it was in force at its beginning
report.json      the period, the count, the seed, and the verification of the whole log: no record missing, moved or changed
checkpoint       the log's signed head (C2SP tlog-checkpoint)
checkpoint.older a signed head from the period's beginning, or the one that you brought
consistency      the proof that the log only grew from the one to the other (the body of a C2SP tlog-witness request)
vkeys            the keys as the log states them; trust those that you were given, not these
samples/         for each exchange drawn: the proof that it is in the log (C2SP tlog-proof), and the record itself
SHA256SUMS       sums of all of these
verify.py        checks sums, population, drawing, signatures and proofs with Python 3 and nothing else

If it came as FILE.zip.age, it was encrypted for you: age -d -i YOUR-IDENTITY -o FILE.zip FILE.zip.age

How to check it, with the key that you were given (as NAME+ID+KEY) and not the one in vkeys; where the log's key was changed
in between, name both:

    sha256sum -c SHA256SUMS
    python3 verify.py 'NAME+ID+KEY'

In Go: note.Open of golang.org/x/mod/sumdb/note reads checkpoints, tlog.CheckTree of sumdb/tlog the proof in "consistency"
(after the first line, a hash a line, up to the empty line), tlog.CheckRecord those in samples/.

How the samples were drawn: of all exchanges in population.csv, those whose SHA-256 over seed, a newline and the record's
id is least. Anyone can draw them again.

How to check one sample without us: the line "extra" of the proof is the leaf, in base64. Its SHA-256 with a zero byte
before it leads by the hashes below to the checkpoint's root (RFC 6962), and the checkpoint is signed (Ed25519, C2SP
signed-note; golang.org/x/mod/sumdb/note and tlog read both). The leaf's "commit" is the SHA-256, in base64, of the whole
.record file: 32 random bytes, then the record as JSON.

What this does not show: that the gateway wrote down the truth in the first place; and, unless you kept an older
checkpoint (bring it the next time: audit evidence --older FILE) or witnesses sign the log, that it was not replaced as a whole.
`;
