import type { Refusal } from "../../core/refusal.ts";
import type { Reply } from "../../http/message.ts";
import { githubReply, githubStatus, jsonReply, withCase } from "../github-reply.ts";
import type { Message } from "./message.ts";

/** JSON-RPC leaves -32000 to -32099 to implementations; the MCP SDKs print code and message. */
const policyError = -32001;
const invalidRequest = -32600;

/**
 * No, as an MCP client shows it best: a tool's result with `isError` for a call, a JSON-RPC error for other
 * requests, an HTTP status for what has no id or is not about policy.
 */
export function refuseMcp(refusal: Refusal, message: Message | undefined): Reply {
  const status = githubStatus[refusal.code];
  const text = withCase(refusal);
  if (status === 401) return challenge(githubReply(refusal));
  if (status === 503) return githubReply(refusal);
  const id = message?.id;
  if (id === undefined || message?.method === undefined)
    return jsonReply(refusal, status, {
      jsonrpc: "2.0",
      id: null,
      error: { code: status === 400 ? invalidRequest : policyError, message: text },
    });
  if (message.method === "tools/call")
    return jsonReply(refusal, 200, {
      jsonrpc: "2.0",
      id,
      result: { content: [{ type: "text", text }], isError: true },
    });
  return jsonReply(refusal, 200, {
    jsonrpc: "2.0",
    id,
    error: { code: policyError, message: text },
  });
}

function challenge(reply: Reply): Reply {
  return { ...reply, headers: { ...reply.headers, "www-authenticate": "Bearer" } };
}
