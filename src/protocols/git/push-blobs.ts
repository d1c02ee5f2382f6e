import { type Content, type FileChange, noContent, unknownContent } from "../../core/change.ts";
import type { ContentSource, TreeEntry } from "../objects/source.ts";
import type { PackReader } from "./pack/reader.ts";

/** A file that a push changes on one ref, by its entries in the trees. */
export interface FileEdit {
  readonly ref: string;
  readonly path: string;
  readonly old: TreeEntry | undefined;
  readonly now: TreeEntry | undefined;
}

/** Questions to the upstream about what files of one push hold. */
const callLimit = 60;

/** What the files of one push hold, from its pack or from the upstream. Never rejects: what cannot be had is unknown. */
export class PushBlobs {
  readonly #resource: string;
  readonly #pack: PackReader | undefined;
  readonly #source: ContentSource | undefined;
  readonly #asked = new Map<string, Uint8Array | undefined>();
  #reachable = true;

  /** `pack` reads files too; undefined where it is too large to be gone through. */
  constructor(resource: string, pack: PackReader | undefined, source: ContentSource | undefined) {
    this.#resource = resource;
    this.#pack = pack;
    this.#source = source;
  }

  async read(entry: TreeEntry | undefined): Promise<Content> {
    if (entry === undefined) return noContent;
    // Another repository's commit is no content of this one.
    if (entry.mode === "160000") return unknownContent;
    const bytes =
      (await this.#inPack(entry.id)) ??
      (await this.#upstream(entry.id)) ??
      (await this.#onTopOfOthers(entry.id));
    return bytes === undefined ? unknownContent : { kind: "bytes", bytes };
  }

  async #inPack(id: string): Promise<Uint8Array | undefined> {
    const found = await this.#pack?.find(id);
    return found?.type === "blob" ? found.content : undefined;
  }

  /** The upstream's content, which deltas of the pack may rest on. */
  async #upstream(id: string): Promise<Uint8Array | undefined> {
    if (this.#asked.has(id)) return this.#asked.get(id);
    if (!this.#reachable || this.#asked.size >= callLimit) return undefined;
    this.#asked.set(id, undefined);
    const bytes = await this.#source?.blob(this.#resource, id).catch(() => {
      this.#reachable = false;
      return undefined;
    });
    this.#asked.set(id, bytes);
    if (bytes !== undefined) this.#pack?.offerBlob(id, bytes);
    return bytes;
  }

  /** A file may have been sent as its difference from another one. */
  async #onTopOfOthers(id: string): Promise<Uint8Array | undefined> {
    for (const base of this.#pack?.wanting ?? []) {
      if (this.#asked.size >= callLimit) return undefined;
      if ((await this.#upstream(base)) === undefined) continue;
      const found = await this.#inPack(id);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** The change that approvers see. What was is read first: the new content may rest on it. */
export function changeOf(
  { ref, path, old, now }: FileEdit,
  blobs: PushBlobs,
  several: boolean,
): FileChange {
  return {
    path,
    ...(several ? { ref } : {}),
    modes: {
      ...(old === undefined ? {} : { before: old.mode }),
      ...(now === undefined ? {} : { after: now.mode }),
    },
    read: async () => {
      const before = await blobs.read(old);
      return { before, after: await blobs.read(now) };
    },
  };
}
