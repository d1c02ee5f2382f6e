import type { Refusal } from "../../core/refusal.ts";
import type { Reply } from "../../http/message.ts";
import { githubReply, githubStatus, jsonReply, withCase } from "../github-reply.ts";

/**
 * A denial as GitHub's GraphQL API gives one: 200 with `errors`, which gh prints as `GraphQL: … (createRepository)`.
 * `path` is where the answer would have stood. What is not a denial keeps its HTTP status.
 */
export function refuseGraphql(refusal: Refusal, path: readonly string[]): Reply {
  if (githubStatus[refusal.code] !== 403) return githubReply(refusal);
  return jsonReply(refusal, 200, {
    data: null,
    errors: [{ type: "FORBIDDEN", path, message: withCase(refusal) }],
  });
}
