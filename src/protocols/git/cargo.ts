import { err, ok, type Result } from "../../base/result.ts";
import type { HashName } from "../objects/parse-object.ts";
import { parseTree } from "../objects/parse-object.ts";
import type { ContentSource, ObjectSource } from "../objects/source.ts";
import type { Cargo, Examiner, KeptBody } from "../protocol.ts";
import { PackReader } from "./pack/reader.ts";

/** A pack that has come whole, and who knows what its differences may rest on. */
export interface PackCargoParts {
  readonly resource: string;
  readonly pack: KeptBody;
  readonly packAt: number;
  readonly hash: HashName;
  readonly objects: ObjectSource;
  readonly contents: ContentSource | undefined;
  /** The path of a file that differs between the ends of a push, by the id of its content. */
  readonly pathOf: (id: string) => string | undefined;
}

/** Questions to the upstream about what the differences in one pack rest on. */
const mostBases = 60;
/** The largest object that a difference may rest on, in bytes. */
const largestBase = 32 * 1024 * 1024;
/** Entries of trees among which a path is looked for. */
const mostEntries = 200_000;

const unread =
  "its pack is broken, or holds an object that is sent as its difference from one that cannot be had here, or is larger than 32 MiB and sent as a difference. Push again with git push --no-thin";

/** The objects of a push: each is unpacked and shown once, in memory that does not grow with the pack. */
export function packCargo(parts: PackCargoParts): Cargo {
  let parents: Promise<Parents> | undefined;
  return {
    examine: (examiner) => examine(parts, examiner),
    placeOf: async (id) => {
      const known = parts.pathOf(id);
      if (known !== undefined) return known;
      parents ??= parentsIn(parts);
      return pathFrom(await parents, id);
    },
  };
}

async function examine(parts: PackCargoParts, examiner: Examiner): Promise<Result<undefined>> {
  const { pack, packAt, hash } = parts;
  const reader = new PackReader(pack, packAt, hash, {
    blobs: true,
    watch: {
      object: (id, { type, content }) => examiner.whole(type, id, content),
      large: (type) => examiner.large(type),
    },
  });
  const asked = new Set<string>();
  for (;;) {
    if (await reader.finish()) return ok(undefined);
    const base = reader.wanting.find((id) => !asked.has(id));
    if (base === undefined || asked.size >= mostBases) return err(unread);
    asked.add(base);
    // One at a time, so that no more than one is held.
    reader.withdraw();
    await offer(parts, reader, base);
  }
}

/** Clients are asked for packs that rest on nothing else; one that was asked long ago may not know. */
async function offer(parts: PackCargoParts, reader: PackReader, id: string): Promise<void> {
  const { resource, contents, objects } = parts;
  const blob = await contents?.blob(resource, id).catch(() => undefined);
  if (blob !== undefined && blob.length <= largestBase) reader.offerBlob(id, blob);
  if (blob !== undefined) return;
  const tree = await objects.tree(resource, id).catch(() => undefined);
  if (tree !== undefined) reader.offer(id, tree);
}

/** In which directory something stands, and by what name. */
type Parents = ReadonlyMap<string, { readonly tree: string; readonly name: string }>;

async function parentsIn({ pack, packAt, hash }: PackCargoParts): Promise<Parents> {
  const parents = new Map<string, { readonly tree: string; readonly name: string }>();
  const reader = new PackReader(pack, packAt, hash, {
    watch: {
      object: (tree, { type, content }) => {
        if (type !== "tree" || parents.size > mostEntries) return;
        for (const { id, name } of parseTree(content, hash) ?? [])
          if (!parents.has(id)) parents.set(id, { tree, name });
      },
      large: () => ({ write: () => undefined, end: () => undefined }),
    },
  });
  await reader.finish();
  return parents;
}

function pathFrom(parents: Parents, id: string): string | undefined {
  const names: string[] = [];
  const seen = new Set<string>();
  for (
    let at = parents.get(id);
    at !== undefined && !seen.has(at.tree);
    at = parents.get(at.tree)
  ) {
    seen.add(at.tree);
    names.unshift(at.name);
  }
  return names.length === 0 ? undefined : names.join("/");
}
