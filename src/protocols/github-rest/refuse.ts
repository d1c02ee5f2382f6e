import type { Refusal } from "../../core/refusal.ts";
import type { Reply } from "../../http/message.ts";
import { githubReply } from "../github-reply.ts";

/** 403 (or the code's own status) with GitHub's JSON, which gh, octokit and curl print as it is. */
export function refuseRest(refusal: Refusal): Reply {
  return githubReply(refusal);
}
