import { chat } from "./chat/index.ts";
import { git } from "./git/index.ts";
import type { PushPorts } from "./git/push-reading.ts";
import { githubRest } from "./github-rest/index.ts";
import { graphql } from "./graphql/index.ts";
import type { Lookup } from "./lookup.ts";
import { mcp } from "./mcp/index.ts";
import type { Protocol } from "./protocol.ts";

/** What protocols may use beyond the bytes of a request. */
export interface Ports {
  /** Absent: what is named only by id stays unknown, and policy decides. */
  readonly lookup?: Lookup;
  /** Absent: a push is judged by its commands alone, and counts as changing anything. */
  readonly pushes?: PushPorts;
}

/** Every way of talking to an upstream that we know; the first that recognises a request reads it. */
export function createProtocols(ports: Ports = {}): readonly Protocol[] {
  return [
    git(ports.pushes),
    graphql(ports.lookup),
    mcp(ports.lookup),
    githubRest(ports.lookup),
    chat,
  ];
}

/** The same with nothing to ask: what the bytes alone tell. */
export const protocols: readonly Protocol[] = createProtocols();
