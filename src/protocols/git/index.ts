import type { ResponseHead } from "../../http/message.ts";
import type { Protocol } from "../protocol.ts";
import { editAdvertisement } from "./advertisement.ts";
import { parseGit } from "./parse.ts";
import type { PushPorts } from "./push-reading.ts";

/** Whether the response says what a client may ask for in a push. */
function advertises({ fields }: ResponseHead): boolean {
  return fields.get("content-type")?.trim() === "application/x-git-receive-pack-advertisement";
}

/** Git over smart HTTP, and the git-lfs batch API beside it. */
export function git(ports?: PushPorts): Protocol {
  return {
    name: "git",
    recognises: (_head, target) => target.connection.kind === "git",
    parse: (head, target) => parseGit(head, target, ports),
    // A pack's bytes are covered by its checksum, so nothing in it can be masked.
    responseLens: (head) => (advertises(head) ? () => editAdvertisement() : "opaque"),
  };
}
