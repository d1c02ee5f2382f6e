import type { Refusal } from "../../core/refusal.ts";
import type { Reply } from "../../http/message.ts";
import { githubStatus, jsonReply } from "../github-reply.ts";

/**
 * A model's no: 451 for a denial, since the Copilot CLI prints its message word for word, hides that of 401 and
 * 403, and retries 409, 429 and 5xx. `error` repeats the words for OpenAI's and Anthropic's own clients.
 */
export function refuseModel(refusal: Refusal): Reply {
  const status = githubStatus[refusal.code];
  const type = status === 403 ? "policy_denied" : refusal.code;
  return jsonReply(refusal, status === 403 ? 451 : status, {
    message: refusal.message,
    type: "error",
    error: { type, code: refusal.code, message: refusal.message },
  });
}
