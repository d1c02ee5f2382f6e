import { z } from "zod";
import type { ContentSource } from "../objects/source.ts";
import { type ApiCall, ask } from "./api-call.ts";
import { placeOf } from "./lookup.ts";

const base64Answer = z.object({ encoding: z.literal("base64"), content: z.string() });

/** Reads files through GitHub's API, one call each, nothing kept. */
export function upstreamContents(call: ApiCall): ContentSource {
  const get = async (resource: string, path: string): Promise<unknown> => {
    const place = placeOf(resource);
    if (place === undefined) return undefined;
    return ask(call, { host: place.host, method: "GET", path: `/repos/${place.name}${path}` });
  };
  return {
    blob: async (resource, id) => bytesOf(await get(resource, `/git/blobs/${id}`)),
    file: async (resource, branch, path) => {
      const segments = path.split("/");
      // A path that leads elsewhere names no file.
      if (segments.some((segment) => ["", ".", ".."].includes(segment))) return undefined;
      const where = segments.map(encodeURIComponent).join("/");
      const ref = encodeURIComponent(branch);
      const answer = await get(resource, `/contents/${where}?ref=${ref}`);
      return answer === undefined ? null : bytesOf(answer);
    },
  };
}

// A directory, a submodule, or a file too large to be told.
function bytesOf(answer: unknown): Uint8Array | undefined {
  const read = base64Answer.safeParse(answer);
  return read.success ? Buffer.from(read.data.content, "base64") : undefined;
}
