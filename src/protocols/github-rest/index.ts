import type { Lookup } from "../lookup.ts";
import type { Protocol } from "../protocol.ts";
import { parseRest } from "./parse.ts";

/** GitHub's REST API. */
export function githubRest(lookup?: Lookup): Protocol {
  return {
    name: "github-rest",
    recognises: (_head, target) => target.connection.kind === "github-api",
    parse: (head, target) => parseRest(head, target, lookup),
  };
}
