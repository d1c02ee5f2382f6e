import { mcpLens, sseMcpLens } from "../chat/lens.ts";
import { formOf } from "../content-lens.ts";
import type { Upstream } from "../draft.ts";
import type { Protocol } from "../protocol.ts";
import { parseMcp } from "./parse.ts";
import { listenToMcp } from "./said.ts";

/** The Model Context Protocol over streamable HTTP: `/mcp…` of the Copilot API, `…/mcp` of an API host. */
export function mcp(upstream?: Upstream): Protocol {
  return {
    name: "mcp",
    recognises: (_head, target) => {
      const words = target.path.segments.map((segment) => segment.toLowerCase());
      return target.connection.kind === "copilot"
        ? words[0] === "mcp"
        : target.connection.kind === "github-api" && words.at(-1) === "mcp" && words[0] !== "repos";
    },
    parse: (head, target) => parseMcp(head, target, upstream),
    requestLens: () => mcpLens,
    responseLens: ({ fields }) => (formOf(fields) === "events" ? sseMcpLens : mcpLens),
    listen: listenToMcp,
  };
}
