import { createHash } from "node:crypto";
import { concat } from "../../http/transform.ts";
import type { Commit, TreeEntry } from "./source.ts";

export type HashName = "sha1" | "sha256";
export type ObjectType = "commit" | "tree" | "blob" | "tag";

/** The hash that ids of that many hex digits are made with. */
export function hashOf(id: string): HashName {
  return id.length === 64 ? "sha256" : "sha1";
}

/** An object's id: the hash of its type, length and content. */
export function objectId(hash: HashName, type: ObjectType, content: Uint8Array): string {
  return createHash(hash).update(`${type} ${content.length}\0`).update(content).digest("hex");
}

const latin1 = new TextDecoder("latin1");
const utf8 = new TextDecoder("utf-8");

/** Reads a commit's tree and parents; `undefined` where it is none. */
export function parseCommit(content: Uint8Array): Commit | undefined {
  let tree: string | undefined;
  const parents: string[] = [];
  for (const line of headerOf(content)) {
    const [key, id] = line.split(" ");
    if (key === "tree" && tree === undefined) tree = id;
    else if (key === "parent" && id !== undefined) parents.push(id);
    else break;
  }
  return tree === undefined ? undefined : { tree, parents };
}

/** The id that an annotated tag stands for. */
export function parseTag(content: Uint8Array): string | undefined {
  return headerOf(content)[0]?.match(/^object ([0-9a-f]+)$/)?.[1];
}

function headerOf(content: Uint8Array): readonly string[] {
  const end = content.findIndex((byte, at) => byte === 10 && content[at + 1] === 10);
  return latin1.decode(content.subarray(0, end === -1 ? content.length : end)).split("\n");
}

/** Reads a tree's entries in order; `undefined` where it is none. */
export function parseTree(content: Uint8Array, hash: HashName): readonly TreeEntry[] | undefined {
  const idLength = hash === "sha1" ? 20 : 32;
  const entries: TreeEntry[] = [];
  let at = 0;
  while (at < content.length) {
    const space = content.indexOf(32, at);
    const nul = content.indexOf(0, space);
    if (space === -1 || nul === -1 || nul + 1 + idLength > content.length) return undefined;
    entries.push({
      mode: latin1.decode(content.subarray(at, space)).replace(/^0+/, ""),
      name: utf8.decode(content.subarray(space + 1, nul)),
      id: Buffer.from(content.buffer, content.byteOffset + nul + 1, idLength).toString("hex"),
    });
    at = nul + 1 + idLength;
  }
  return entries;
}

/** The bytes of a tree, so that its id can be checked and a delta applied to it. */
export function encodeTree(entries: readonly TreeEntry[]): Uint8Array {
  return concat(
    entries.flatMap(({ mode, name, id }) => [
      Buffer.from(`${mode} ${name}\0`),
      Buffer.from(id, "hex"),
    ]),
  );
}

/** Whether an entry is a directory. */
export function isDirectory(entry: TreeEntry): boolean {
  return entry.mode === "40000";
}
