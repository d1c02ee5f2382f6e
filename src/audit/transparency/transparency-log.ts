import { type Checkpoint, openCheckpoint, signCheckpoint } from "../../tlog/checkpoint.ts";
import type { Signer } from "../../tlog/key.ts";
import { consistencyProof, type Hash, treeRoot } from "../../tlog/merkle.ts";
import { TileEdge } from "../../tlog/tile-edge.ts";
import { changedTiles, subtreeReader, tileAt, tileWidth } from "../../tlog/tiles.ts";
import { isPrefix } from "../../tlog/verification.ts";
import { dailyPath, firstPath } from "./consistency-file.ts";
import { readTile, type TileStore, writeTiles } from "./tile-store.ts";

/** Keeps the last signed checkpoint apart from the log, so that a log that was rolled back is not signed anew. */
export interface SignedMemory {
  read(): Promise<string | undefined>;
  write(note: string): Promise<void>;
}

export interface TransparencyOptions {
  readonly store: TileStore;
  readonly signed: SignedMemory;
  readonly origin: string;
  /** The current key first; keys on their way out sign too. */
  readonly signers: readonly [Signer, ...Signer[]];
  /** Asks witnesses to sign too; rejects when too few do, and then the checkpoint is not published. */
  readonly cosign?: Cosign;
  /** Whether others write the log in turn with us: then its checkpoint may be ahead of what was signed here. */
  readonly shared?: boolean;
  /** The time; the first checkpoint of each day is kept then, so that growth since can be proved. */
  readonly now?: () => number;
}

/** Gives the note with the signatures of those witnesses that gave one; `prove` gives the consistency proof from an older size. */
export type Cosign = (
  note: string,
  prove: (older: number) => Promise<readonly Hash[]>,
) => Promise<string>;

/** Writes a C2SP tlog-tiles log: entries, tiles, then a checkpoint that is consistent with every one signed before. */
export class TransparencyLog {
  readonly #options: TransparencyOptions;
  readonly #edge = new TileEdge();
  #published: Checkpoint;
  #note: string | undefined;
  #size: number;
  #kept: string | undefined;

  private constructor(
    options: TransparencyOptions,
    published: Checkpoint,
    note: string | undefined,
  ) {
    this.#options = options;
    this.#published = published;
    this.#note = note;
    this.#size = published.size;
  }

  /** Takes up the log where its checkpoint says; throws when it does not agree with what was signed last. */
  static async open(options: TransparencyOptions): Promise<TransparencyLog> {
    const { store, signed, origin } = options;
    await store.write(
      "vkeys",
      options.signers.map(({ verifier }) => `${verifier.vkey}\n`).join(""),
    );
    const found = (await store.read("checkpoint"))?.toString();
    const signedLast = await signed.read();
    if (signedLast === undefined && found !== undefined && options.shared !== true)
      throw new Error("the audit log's memory of its last signature is gone");
    const last = await newest(found, signedLast, options);
    if (last === undefined) {
      const empty = { origin, size: 0, root: await treeRoot(0, () => Promise.reject()) };
      return new TransparencyLog(options, empty, undefined);
    }
    const checkpoint = read(last, options);
    // Tiles are durable before a checkpoint is signed, so a crash before publishing loses nothing.
    if (found === undefined || read(found, options).size < checkpoint.size)
      await store.replaceCheckpoint(last, found);
    const log = new TransparencyLog(options, checkpoint, last);
    await log.#load();
    return log;
  }

  /** How many entries there are, published or not. */
  size(): number {
    return this.#size;
  }

  /** The newest signed checkpoint. */
  checkpoint(): string | undefined {
    return this.#note;
  }

  published(): Checkpoint {
    return this.#published;
  }

  /** Puts an entry at the end; gives its index. It is in the log once `publish` has resolved. */
  append(entry: Buffer): number {
    this.#edge.append(entry);
    this.#size += 1;
    return this.#size - 1;
  }

  /** Writes what is new and signs the tree; throws, and signs nothing, when that fails anywhere. */
  async publish(): Promise<void> {
    const { store, signed, origin, signers } = this.#options;
    const [old, size] = [this.#published, this.#size];
    if (size === old.size) return;
    await writeTiles(store, changedTiles(old.size, size), (tile) => this.#edge.bytes(tile));
    const reader = subtreeReader(size, (tile) => readTile(store, tile));
    const head = { origin, size, root: await treeRoot(size, reader) };
    if (!isPrefix(old, head, await consistencyProof(old.size, size, reader)))
      throw new Error("the audit log's tiles do not agree with its last checkpoint");
    const own = signCheckpoint(head, signers);
    await signed.write(own);
    const prove = (older: number) => consistencyProof(older, size, reader);
    const note = (await this.#options.cosign?.(own, prove)) ?? own;
    await store.replaceCheckpoint(note, this.#note);
    this.#published = head;
    this.#note = note;
    // What is full is on disk now.
    this.#edge.forget(size);
    await this.#keep(note);
  }

  /** Once a day, and once for all. */
  async #keep(note: string): Promise<void> {
    const { store, now } = this.#options;
    const path = now === undefined ? undefined : dailyPath(now());
    if (path === undefined || path === this.#kept) return;
    await store.create(firstPath, Buffer.from(note));
    await store.create(path, Buffer.from(note));
    this.#kept = path;
  }

  /** Reads the tiles at the right edge, and checks that they lead to the checkpoint's root. */
  async #load(): Promise<void> {
    const { store } = this.#options;
    const { size, root } = this.#published;
    const reader = subtreeReader(size, (tile) => readTile(store, tile));
    if (!(await treeRoot(size, reader)).equals(root))
      throw new Error("the audit log's tiles do not lead to its checkpoint");
    for (let level = 0, count = size; count > 0; level++, count = Math.floor(count / tileWidth)) {
      const base = count - (count % tileWidth);
      const width = count - base;
      const hashes = width === 0 ? nothing : await readTile(store, tileAt(level, base, size));
      this.#edge.loadRow(level, base, hashes);
    }
    const width = size % tileWidth;
    const [first, index] = [size - width, Math.floor(size / tileWidth)];
    const bundle =
      width === 0 ? nothing : await readTile(store, { level: "entries", index, width });
    if (!this.#edge.loadEntries(first, width, bundle))
      throw new Error("the audit log's last entries do not agree with its tiles");
  }
}

const nothing = Buffer.alloc(0);

function read(note: string, { origin, signers }: TransparencyOptions): Checkpoint {
  const checkpoint = openCheckpoint(
    note,
    origin,
    signers.map((signer) => signer.verifier),
  );
  if (!checkpoint.ok) throw new Error(`the audit log's last checkpoint: ${checkpoint.error}`);
  return checkpoint.value;
}

/**
 * Of the published checkpoint and the one signed last, the newer, once the other is seen to be a beginning of it. The
 * published one may be behind; ahead of the last signed here it may be only where others sign too.
 */
async function newest(
  found: string | undefined,
  last: string | undefined,
  options: TransparencyOptions,
): Promise<string | undefined> {
  if (found === undefined || last === undefined) return found ?? last;
  const [published, signed] = [read(found, options), read(last, options)];
  const ahead = published.size > signed.size;
  if (ahead && options.shared !== true)
    throw new Error("the audit log's checkpoint is ahead of the last one that was signed here");
  const [older, newer] = ahead ? [signed, published] : [published, signed];
  const reader = subtreeReader(newer.size, (tile) => readTile(options.store, tile));
  const proof = await consistencyProof(older.size, newer.size, reader);
  if (!isPrefix(older, newer, proof))
    throw new Error("the audit log's checkpoint is not consistent with the last one signed");
  // Of one size, the published one has the witnesses' signatures.
  return signed.size > published.size ? last : found;
}
