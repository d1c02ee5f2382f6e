import { chat } from "./chat/index.ts";
import { copilotToken } from "./copilot-token/index.ts";
import { git } from "./git/index.ts";
import type { OpenPackSpool } from "./git/pack/spool.ts";
import { githubRest } from "./github-rest/index.ts";
import { graphql } from "./graphql/index.ts";
import type { Lookup } from "./lookup.ts";
import { mcp } from "./mcp/index.ts";
import type { ContentSource, ObjectSource } from "./objects/source.ts";
import type { Protocol } from "./protocol.ts";

/** What protocols may use beyond the bytes of a request. */
export interface Ports {
  /** Absent: what is named only by id stays unknown, and policy decides. */
  readonly lookup?: Lookup;
  /** Absent, as for `spool`: a ref that moves counts as changing anything. */
  readonly objects?: ObjectSource;
  /** What files hold that the upstream has; absent: approvers see what is written, not what it replaces. */
  readonly contents?: ContentSource;
  /** Where a push's pack waits while it is read. */
  readonly spool?: OpenPackSpool;
  /** The hosts by which clients know the Copilot connections: where Copilot's own endpoints are made to point. */
  readonly copilotHosts?: readonly string[];
}

/** Every way of talking to an upstream that we know; the first that recognises a request reads it. */
export function createProtocols(ports: Ports = {}): readonly Protocol[] {
  const { lookup, objects, contents, spool, copilotHosts } = ports;
  const pushes =
    objects === undefined || spool === undefined ? undefined : { objects, spool, contents };
  const upstream =
    lookup === undefined && objects === undefined ? undefined : { lookup, objects, contents };
  const account = copilotToken(copilotHosts, upstream);
  return [git(pushes), graphql(upstream), mcp(upstream), account, githubRest(upstream), chat];
}

/** The same with nothing to ask: what the bytes alone tell. */
export const protocols: readonly Protocol[] = createProtocols();
