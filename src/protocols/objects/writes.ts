import { type ChangedFiles, type Content, noContent, unknownContent } from "../../core/change.ts";
import type { Operation } from "../../core/operation.ts";
import type { ContentSource } from "./source.ts";

/** A file as a request to an API carries it; without `content` it is removed. */
export interface Write {
  readonly path: string;
  readonly content?: Uint8Array;
}

/** Base64 as GitHub takes it: with line ends, or without its padding. */
export function fromBase64(text: unknown): Uint8Array {
  return typeof text === "string" ? Buffer.from(text, "base64") : new Uint8Array(0);
}

/** What a request writes, each file beside what the branch of its operation holds now. */
export function changesOf(
  writes: readonly (Write & { readonly operation: Operation })[],
  source: ContentSource | undefined,
): ChangedFiles | undefined {
  if (writes.length === 0) return undefined;
  const files = writes.map(({ path, content, operation }) => ({
    path,
    read: async () => ({
      before: await currently(operation, path, source),
      after: content === undefined ? noContent : { kind: "bytes" as const, bytes: content },
    }),
  }));
  return { files, complete: true };
}

async function currently(
  { resource, attributes, unknown = [] }: Operation,
  path: string,
  source: ContentSource | undefined,
): Promise<Content> {
  const { branch } = attributes;
  if (typeof branch !== "string" || unknown.includes("branch")) return unknownContent;
  try {
    const bytes = await source?.file(resource, branch, path);
    if (bytes === undefined) return unknownContent;
    return bytes === null ? noContent : { kind: "bytes", bytes };
  } catch {
    return unknownContent;
  }
}
