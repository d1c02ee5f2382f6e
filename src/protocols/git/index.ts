import type { Protocol } from "../protocol.ts";
import { parseGit } from "./parse.ts";

/** Git over smart HTTP, and the git-lfs batch API beside it. */
export const git: Protocol = {
  name: "git",
  recognises: (_head, target) => target.connection.kind === "git",
  parse: parseGit,
  // A pack's bytes are covered by its checksum, so nothing in it can be masked.
  responseLens: () => "opaque",
};
