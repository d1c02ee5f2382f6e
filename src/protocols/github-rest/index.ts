import type { Protocol } from "../protocol.ts";
import { parseRest } from "./parse.ts";

/** GitHub's REST API. */
export const githubRest: Protocol = {
  name: "github-rest",
  recognises: (_head, target) => target.connection.kind === "github-api",
  parse: parseRest,
};
