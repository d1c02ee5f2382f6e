import { forwardWay } from "../core/forward.ts";
import { Connect } from "./connect.ts";
import type { Conversation } from "./conversation.ts";
import { Exchange } from "./exchange.ts";
import type { Parts } from "./parts.ts";
import type { Phase, Port } from "./phase.ts";

/** What a stream from Envoy is about: a CONNECT to the forward proxy, or an exchange with an upstream. */
export function converse(parts: Parts, port: Port, first: Phase): Conversation {
  const way = first.kind === "requestHead" ? forwardWay(first.origin.route) : undefined;
  return way === undefined ? new Exchange(parts, port) : new Connect(parts, port, way);
}
