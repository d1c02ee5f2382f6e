import type { Operation } from "../../core/operation.ts";

// As long as the client bears without giving up: the MCP SDK ends a tool call at 180 s, the Copilot CLI a model call
// after 420 s; git never does, but people at a terminal do.
const holds: Readonly<Record<string, number>> = { mcp: 150_000, git: 300_000, chat: 300_000 };

/** How long the client of this operation waits (ms), where that is known and the rule does not say. */
export function clientHold({ protocol }: Operation): number | undefined {
  return holds[protocol];
}

/** Whether a client that hangs up has given up. Model calls are repeated by the client itself, so their ask is kept. */
export function leavesForGood({ name }: Operation): boolean {
  return !name.startsWith("model.");
}
