import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import {
  encodeTree,
  type HashName,
  type ObjectType,
  objectId,
  parseCommit,
  parseTag,
  parseTree,
} from "../../objects/parse-object.ts";
import type { Commit, FreshObjects, TreeEntry } from "../../objects/source.ts";
import type { KeptBody } from "../../protocol.ts";
import { ContentCache, type PackObject } from "./content-cache.ts";
import { applyDelta } from "./delta.ts";
import { countOf, type EntryHead, readEntry } from "./entry.ts";
import { OffsetIndex } from "./index-of-offsets.ts";
import { inflateAt, skipStream } from "./inflate.ts";
import type { PackWatch } from "./watch.ts";

/** The largest commit, tree, tag or delta that is unpacked into memory, in bytes. */
const maxObject = 32 * 1024 * 1024;
const streamedFrom = 1024 * 1024;
const maxChain = 4096;
const pauseAfter = 10;

const blob = 3;
/** A delta whose base is not known yet. */
const open = 0;
const types: readonly (ObjectType | undefined)[] = [undefined, "commit", "tree", undefined, "tag"];

interface Delta {
  readonly at: number;
  /** Its base's id, or where that begins. */
  readonly base: string | number;
}

export interface PackReaderOptions {
  readonly blobs?: boolean;
  /** Files of more bytes are walked over, as if the pack did not have them. */
  readonly longestBlob?: number;
  readonly watch?: PackWatch | undefined;
}

/**
 * Finds commits, trees and tags in a pack by id, reading no further than it must. An object that is found is proof:
 * its id was computed from its content. Blobs are walked over, unless they are asked for. A broken pack ends where it breaks.
 */
export class PackReader implements FreshObjects {
  readonly #bytes: KeptBody;
  readonly #hash: HashName;
  readonly #idLength: number;
  readonly #kinds = new OffsetIndex();
  readonly #places = new Map<string, number>();
  readonly #cache = new ContentCache();
  readonly #offered = new Map<string, PackObject>();
  #open: Delta[] = [];
  /** Objects that count as known bases, by where they begin. */
  readonly #closed = new Set<number>();
  /** In bytes; negative where no file is asked for. */
  readonly #longestBlob: number;
  readonly #watch: PackWatch | undefined;
  readonly #isPack: boolean;
  /** Where its checksum stands. */
  readonly #end: number;
  /** Objects that could not be unpacked yet, or never will be. */
  #unread: number;
  #at: number;
  #left: number;
  #work = 0;
  #turnStarted = performance.now();
  #turn: Promise<unknown> = Promise.resolve();

  /** `start` is where `PACK` stands; a push without a pack has no objects. With `blobs`, files are found too. */
  constructor(
    bytes: KeptBody,
    start: number,
    hash: HashName,
    { blobs = false, longestBlob = maxObject, watch }: PackReaderOptions = {},
  ) {
    this.#longestBlob = blobs ? longestBlob : -1;
    this.#watch = watch;
    this.#bytes = bytes;
    this.#hash = hash;
    this.#idLength = hash === "sha1" ? 20 : 32;
    this.#at = start + 12;
    const count = countOf(bytes.read(start, 12));
    this.#left = count ?? 0;
    this.#unread = this.#left;
    // A push that only deletes ends before any pack.
    const isEmpty = bytes.size <= start;
    this.#isPack = isEmpty || count !== undefined;
    this.#end = isEmpty ? this.#at : bytes.size - this.#idLength;
  }

  /**
   * Reads on to the end, and tries again what rests on what was offered: true once every object was read, and the
   * pack held nothing else.
   */
  async finish(): Promise<boolean> {
    await this.find("");
    return this.#isPack && this.#unread === 0 && this.#at === this.#end;
  }

  /** Forgets what was offered; what rests on it was read by then. */
  withdraw(): void {
    this.#offered.clear();
  }

  async commit(id: string): Promise<Commit | undefined> {
    const found = await this.find(id);
    if (found?.type === "commit") return parseCommit(found.content);
    const target = found?.type === "tag" ? parseTag(found.content) : undefined;
    return target === undefined || target === id ? undefined : this.commit(target);
  }

  async tree(id: string): Promise<readonly TreeEntry[] | undefined> {
    const found = await this.find(id);
    return found?.type === "tree" ? parseTree(found.content, this.#hash) : undefined;
  }

  offer(id: string, entries: readonly TreeEntry[]): void {
    const content = encodeTree(entries);
    if (objectId(this.#hash, "tree", content) === id)
      this.#offered.set(id, { type: "tree", content });
  }

  /** A file that the upstream has: likewise. */
  offerBlob(id: string, content: Uint8Array): void {
    if (objectId(this.#hash, "blob", content) === id)
      this.#offered.set(id, { type: "blob", content });
  }

  /** The ids of what deltas rest on that neither the pack has, as far as it was read, nor anybody offered. */
  get wanting(): readonly string[] {
    const ids = this.#open.flatMap(({ base }) => (typeof base === "string" ? [base] : []));
    return [...new Set(ids)].filter((id) => !this.#isKnown(id));
  }

  /** The object of that id; `undefined` where the pack does not have it. */
  find(id: string): Promise<PackObject | undefined> {
    const result = this.#turn.then(() => this.#find(id));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #find(id: string): Promise<PackObject | undefined> {
    while (!this.#places.has(id) && this.#left > 0) {
      await this.#pause();
      const next = await this.#scan(this.#at);
      this.#left = next === undefined ? 0 : this.#left - 1;
      this.#at = next ?? this.#at;
    }
    if (!this.#places.has(id)) this.#closeDeltas();
    const at = this.#places.get(id);
    return at === undefined ? undefined : this.#load(at);
  }

  /** Lets other exchanges have their turn; unpacking is the longest thing that happens here. */
  async #pause(): Promise<void> {
    if (performance.now() - this.#turnStarted < pauseAfter) return;
    await nextTurn();
    this.#turnStarted = performance.now();
  }

  /** Takes in the object at `at`; resolves where the next one begins. */
  async #scan(at: number): Promise<number | undefined> {
    const entry = readEntry(this.#bytes, at, this.#idLength);
    if (entry === undefined || !this.#affordable(entry)) return undefined;
    const kind = this.#kindOf(entry);
    if (kind === undefined) return undefined;
    this.#kinds.add(at, kind);
    const base = entry.baseId ?? entry.baseAt;
    if (kind === open && base !== undefined) this.#open.push({ at, base });
    if (kind === open || (kind === blob && entry.size > this.#longestBlob))
      return this.#skip(entry);
    const unpacked = inflateAt(this.#bytes, entry.contentAt, entry.size);
    if (unpacked === undefined) return undefined;
    this.#note(at, wholeOf(entry, unpacked.content));
    return entry.contentAt + unpacked.consumed;
  }

  /** A pack may unpack to a great deal, but not to without end. */
  #affordable(entry: EntryHead): boolean {
    this.#work += entry.size;
    return this.#work <= 4 * 1024 ** 3 + 32 * this.#bytes.size;
  }

  #kindOf(entry: EntryHead): number | undefined {
    const large = entry.size > maxObject;
    if (entry.kind === "blob") return blob;
    if (entry.kind === "offset-delta") {
      const base = this.#kinds.get(entry.baseAt ?? -1);
      return large && base !== undefined ? blob : base;
    }
    if (large) return blob;
    if (entry.kind !== "id-delta") return types.indexOf(entry.kind);
    const base = this.#places.get(entry.baseId ?? "");
    return base === undefined ? open : this.#kinds.get(base);
  }

  async #skip(entry: EntryHead): Promise<number | undefined> {
    const isDelta = entry.kind === "offset-delta" || entry.kind === "id-delta";
    if (entry.size > maxObject && !isDelta) return this.#walkOver(entry);
    if (entry.size >= streamedFrom) {
      const consumed = await skipStream(this.#bytes, entry.contentAt, entry.size);
      return consumed === undefined ? undefined : entry.contentAt + consumed;
    }
    const unpacked = inflateAt(this.#bytes, entry.contentAt, entry.size);
    return unpacked === undefined ? undefined : entry.contentAt + unpacked.consumed;
  }

  /** Shows an object that is too large to be held to whoever watches. */
  async #walkOver({ kind, size, contentAt }: EntryHead): Promise<number | undefined> {
    const type = kind as ObjectType;
    const shown = this.#watch?.large(type);
    const hash = createHash(this.#hash).update(`${type} ${size}\0`);
    const consumed = await skipStream(this.#bytes, contentAt, size, (chunk) => {
      if (shown === undefined) return;
      hash.update(chunk);
      shown.write(chunk);
    });
    if (consumed === undefined) return undefined;
    this.#unread -= 1;
    shown?.end(hash.digest("hex"));
    return contentAt + consumed;
  }

  /** Makes the object at `at` known by its id: the one that was unpacked just now, or, of a delta, what it makes. */
  #note(at: number, unpacked?: PackObject): boolean {
    const object = unpacked ?? this.#load(at);
    if (object === undefined) return false;
    if (unpacked !== undefined) this.#cache.set(at, unpacked);
    const id = objectId(this.#hash, object.type, object.content);
    this.#places.set(id, at);
    this.#closed.add(at);
    this.#unread -= 1;
    this.#watch?.object(id, object);
    return true;
  }

  /** Bases may come behind their deltas, or be trees that the upstream has: tries again while that helps. */
  #closeDeltas(): void {
    for (let before = -1; before !== this.#open.length; ) {
      before = this.#open.length;
      this.#open = this.#open.filter(({ at, base }) => !(this.#isKnown(base) && this.#note(at)));
    }
  }

  #isKnown(base: string | number): boolean {
    if (typeof base === "number") return this.#closed.has(base);
    return this.#places.has(base) || this.#offered.has(base);
  }

  /** Unpacks the object at `at`, its deltas applied. */
  #load(at: number): PackObject | undefined {
    const deltas: Uint8Array[] = [];
    let base: number | PackObject | undefined = at;
    while (typeof base === "number" && deltas.length <= maxChain) base = this.#step(base, deltas);
    return typeof base === "object" ? this.#apply(at, base, deltas) : undefined;
  }

  /** The whole object at `at`, or where its base is, its own delta put with the others. */
  #step(at: number, deltas: Uint8Array[]): number | PackObject | undefined {
    const cached = this.#cache.get(at);
    if (cached !== undefined) return cached;
    const entry = readEntry(this.#bytes, at, this.#idLength);
    if (entry === undefined || entry.size > maxObject) return undefined;
    const content = inflateAt(this.#bytes, entry.contentAt, entry.size)?.content;
    if (content === undefined) return undefined;
    if (entry.kind !== "offset-delta" && entry.kind !== "id-delta")
      return { type: entry.kind, content };
    deltas.push(content);
    return this.#baseOf(entry);
  }

  /** Where a delta's base begins, or the base itself where the upstream has it. */
  #baseOf(entry: EntryHead): number | PackObject | undefined {
    const offered = this.#offered.get(entry.baseId ?? "");
    if (offered !== undefined) return offered;
    return entry.baseAt ?? this.#places.get(entry.baseId ?? "");
  }

  #apply(at: number, base: PackObject, deltas: readonly Uint8Array[]): PackObject | undefined {
    let content: Uint8Array | undefined = base.content;
    for (const delta of deltas.toReversed()) {
      content = content && applyDelta(content, delta, maxObject);
      this.#work += content?.length ?? 0;
    }
    if (content === undefined) return undefined;
    const object = { type: base.type, content };
    this.#cache.set(at, object);
    return object;
  }
}

/** The object of an entry that is no delta. */
function wholeOf({ kind }: EntryHead, content: Uint8Array): PackObject | undefined {
  return kind === "offset-delta" || kind === "id-delta" ? undefined : { type: kind, content };
}
