import type { ResponseHead } from "../../http/message.ts";
import { contentLens } from "../content-lens.ts";
import type { Lens, Protocol } from "../protocol.ts";
import { editAdvertisement } from "./advertisement.ts";
import { parseGit } from "./parse.ts";
import type { PushPorts } from "./push-reading.ts";

/**
 * A pack's bytes are covered by its checksum, and git-lfs answers with signed addresses: nothing in them can be masked.
 * What git hosts serve besides is text like any other.
 */
function responseLens({ fields }: ResponseHead): Lens | "opaque" {
  const type = fields.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (type === "application/x-git-receive-pack-advertisement") return () => editAdvertisement();
  const opaque = type.startsWith("application/x-git-") || type === "application/vnd.git-lfs+json";
  return opaque ? "opaque" : contentLens(fields);
}

/** Git over smart HTTP, and the git-lfs batch API beside it. */
export function git(ports?: PushPorts): Protocol {
  return {
    name: "git",
    recognises: (_head, target) => target.connection.kind === "git",
    parse: (head, target) => parseGit(head, target, ports),
    responseLens,
  };
}
