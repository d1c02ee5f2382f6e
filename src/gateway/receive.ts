import { err, ok, type Result } from "../base/result.ts";
import { resolveTarget } from "../core/mount.ts";
import { type Refuse, refuse } from "../core/outcome.ts";
import type { Target } from "../core/target.ts";
import type { RequestHead } from "../http/message.ts";
import type { Protocol } from "../protocols/protocol.ts";
import type { Arrival } from "./arrival.ts";
import type { Parts } from "./parts.ts";

/** Finds out where a request is headed and who can read it; one that nobody can read goes no further. */
export function receive(
  { mounts, protocols, room }: Pick<Parts, "mounts" | "protocols" | "room">,
  request: Omit<Arrival, "target" | "protocol" | "parser">,
  route: string,
): Result<Arrival, Refuse> {
  const full = room.enter();
  if (full !== undefined) return err(full);
  const { head } = request;
  const target = resolveTarget(mounts, route, head.path);
  if (!target.ok)
    return err(
      target.error === "unknown"
        ? refuse("unknown_route", "No connection of this gateway answers here.")
        : refuse("malformed", `The request was not forwarded: ${target.error}.`),
    );
  const protocol = protocolOf(protocols, head, target.value);
  if (protocol === undefined)
    return err(refuse("unknown_route", "No protocol of this gateway reads this request."));
  const parser = protocol.parse(head, target.value);
  return ok({ ...request, target: target.value, protocol, parser });
}

function protocolOf(
  protocols: readonly Protocol[],
  head: RequestHead,
  target: Target,
): Protocol | undefined {
  for (const protocol of protocols) if (protocol.recognises(head, target)) return protocol;
  return undefined;
}
