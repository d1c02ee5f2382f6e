import { apiRequestLens, contentLens } from "../content-lens.ts";
import type { Upstream } from "../draft.ts";
import type { Protocol } from "../protocol.ts";
import { parseRest } from "./parse.ts";

/** GitHub's REST API. */
export function githubRest(upstream?: Upstream): Protocol {
  return {
    name: "github-rest",
    recognises: (_head, target) => target.connection.kind === "github-api",
    parse: (head, target) => parseRest(head, target, upstream),
    requestLens: apiRequestLens,
    responseLens: ({ fields }) => contentLens(fields),
  };
}
