import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isMissing } from "../../base/missing.ts";
import { err, ok, type Result } from "../../base/result.ts";
import { type Checkpoint, openCheckpoint } from "../../tlog/checkpoint.ts";
import { parseVerifier, type Verifier } from "../../tlog/key.ts";
import { consistencyProof, treeRoot } from "../../tlog/merkle.ts";
import { decodeEntries, subtreeReader, tilePath, tileWidth } from "../../tlog/tiles.ts";
import { isPrefix } from "../../tlog/verification.ts";
import { readIfThere } from "../wal/disk-file.ts";
import { parseLeaf } from "./leaf.ts";
import { LeafChain } from "./leaf-chain.ts";
import { RecordCheck } from "./record-check-file.ts";
import { type ExpectedTile, TileCheck } from "./tile-check.ts";
import { tileFolder } from "./tile-file.ts";
import { readTile, type TileStore } from "./tile-store.ts";

export interface VerifyOptions {
  /** An audit folder (`log/`, `wal/`), or a bare log (`checkpoint`, `tile/`). */
  readonly dir: string;
  /** The verifier keys to trust; without any, those that the log itself states, which proves less. */
  readonly keys: readonly Verifier[];
  /** Signed checkpoints seen before: the log must have grown from each. */
  readonly older: readonly string[];
  /** Where the log is, if it is not in `dir`: then records of other replicas are kept elsewhere, and are not missed. */
  readonly store?: TileStore;
}

export interface VerifyReport {
  readonly ok: boolean;
  readonly origin: string;
  readonly size: number;
  /** Whether the keys came from outside the log. */
  readonly trusted: boolean;
  readonly replicas: Readonly<Record<string, number>>;
  /** Whole records that were compared with their leaves, and those that no checkpoint holds yet. */
  readonly records: { readonly compared: number; readonly unpublished: number };
  /** At most 100 of what is wrong, and how many there are. */
  readonly problems: readonly string[];
  readonly problemCount: number;
}

const maxProblems = 100;

/** Checks a whole log offline. An error means that there is no log to check; a report that is not ok, that one is not whole. */
export async function verifyLog(options: VerifyOptions): Promise<Result<VerifyReport>> {
  const inner = join(options.dir, "log");
  const whole = (await readIfThere(join(inner, "checkpoint"))) !== undefined;
  const store = options.store ?? tileFolder(whole ? inner : options.dir);
  const note = (await store.read("checkpoint"))?.toString();
  if (note === undefined) return err(`${options.dir} holds no audit log`);
  const keys = options.keys.length > 0 ? options.keys : await statedKeys(store);
  const [key] = keys;
  if (key === undefined) return err("no verifier key was given, and the log states none");
  const verification = new Verification(store, keys);
  const report = await verification.run(note, key.name, options);
  return ok({ ...report, trusted: options.keys.length > 0 });
}

/** The verifier keys that a log states of itself, none where it states none. */
export async function statedKeys(store: TileStore): Promise<readonly Verifier[]> {
  const text = (await store.read("vkeys"))?.toString() ?? "";
  return text.split("\n").flatMap((line) => {
    const key = parseVerifier(line);
    return key.ok ? [key.value] : [];
  });
}

class Verification {
  readonly #store: TileStore;
  readonly #keys: readonly Verifier[];
  readonly #problems: string[] = [];
  readonly #chain = new LeafChain();
  readonly #tiles = new TileCheck();
  #problemCount = 0;

  constructor(store: TileStore, keys: readonly Verifier[]) {
    this.#store = store;
    this.#keys = keys;
  }

  async run(
    note: string,
    origin: string,
    { dir, older, store }: VerifyOptions,
  ): Promise<Omit<VerifyReport, "trusted">> {
    const opened = openCheckpoint(note, origin, this.#keys);
    if (!opened.ok) {
      this.#problem(`checkpoint: ${opened.error}`);
      return this.#report(origin, 0, { compared: 0, unpublished: 0 });
    }
    const { size } = opened.value;
    const records = await RecordCheck.open(join(dir, "wal"), await replicasIn(join(dir, "wal")));
    await this.#entries(size, records);
    await this.#tree(opened.value, older);
    for (const problem of await records.finish(store === undefined)) this.#problem(problem);
    return this.#report(origin, size, records.counts());
  }

  async #entries(size: number, records: RecordCheck): Promise<void> {
    for (let first = 0; first < size; first += tileWidth) {
      const width = Math.min(tileWidth, size - first);
      const path = tilePath({ level: "entries", index: first / tileWidth, width });
      const bundle = await this.#store.read(path);
      const entries = bundle === undefined ? undefined : decodeEntries(bundle);
      if (entries?.length !== width) {
        this.#problem(`${path} is missing or does not hold ${width} entries`);
        return;
      }
      for (const [at, entry] of entries.entries()) await this.#entry(first + at, entry, records);
    }
    for (const expected of this.#tiles.rest()) await this.#tile(expected);
  }

  async #entry(index: number, entry: Buffer, records: RecordCheck): Promise<void> {
    for (const expected of this.#tiles.add(entry)) await this.#tile(expected);
    const leaf = parseLeaf(entry);
    if (!leaf.ok) {
      this.#problem(`entry ${index}: ${leaf.error}`);
      return;
    }
    const misplaced = this.#chain.add(leaf.value);
    if (misplaced !== undefined) this.#problem(`entry ${index}: ${misplaced}`);
    const changed = await records.compare(leaf.value);
    if (changed !== undefined) this.#problem(`entry ${index}: ${changed}`);
  }

  async #tile({ tile, bytes }: ExpectedTile): Promise<void> {
    const found = await this.#store.read(tilePath(tile));
    if (found === undefined || !found.equals(bytes))
      this.#problem(`${tilePath(tile)} is missing or is not what the entries make`);
  }

  async #tree(newest: Checkpoint, older: readonly string[]): Promise<void> {
    try {
      const reader = subtreeReader(newest.size, (tile) => readTile(this.#store, tile));
      if (!(await treeRoot(newest.size, reader)).equals(newest.root))
        this.#problem("the tiles do not lead to the checkpoint's root");
      for (const note of older) {
        const old = openCheckpoint(note, newest.origin, this.#keys);
        if (!old.ok) this.#problem(`older checkpoint: ${old.error}`);
        else if (old.value.size > newest.size)
          this.#problem(`the log has ${newest.size} entries and once had ${old.value.size}`);
        else if (
          !isPrefix(old.value, newest, await consistencyProof(old.value.size, newest.size, reader))
        )
          this.#problem(`the log has not grown from its checkpoint of ${old.value.size} entries`);
      }
    } catch (error) {
      this.#problem(error instanceof Error ? error.message : String(error));
    }
  }

  #problem(text: string): void {
    this.#problemCount += 1;
    if (this.#problems.length < maxProblems) this.#problems.push(text);
  }

  #report(origin: string, size: number, records: VerifyReport["records"]) {
    const [problems, problemCount] = [this.#problems, this.#problemCount];
    const replicas = this.#chain.counts();
    return { ok: problemCount === 0, origin, size, replicas, records, problems, problemCount };
  }
}

async function replicasIn(dir: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(dir, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
