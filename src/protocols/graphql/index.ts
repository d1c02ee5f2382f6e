import { apiRequestLens, contentLens } from "../content-lens.ts";
import type { Upstream } from "../draft.ts";
import type { Protocol } from "../protocol.ts";
import { parseGraphql } from "./parse.ts";

/** GitHub's GraphQL API: `/graphql`, and `/api/graphql` where a host serves it so. */
export function graphql(upstream?: Upstream): Protocol {
  return {
    name: "graphql",
    recognises: (_head, target) =>
      target.connection.kind === "github-api" &&
      /^(api\/)?(v3\/)?graphql$/i.test(target.path.segments.join("/")),
    parse: (head, target) => parseGraphql(head, target, upstream),
    requestLens: apiRequestLens,
    responseLens: ({ fields }) => contentLens(fields),
  };
}
