import type { Context } from "hono";
import type { Change } from "../approvals/store.ts";
import type { Clock } from "../base/clock.ts";
import type { Desk } from "./desk.ts";
import type { Env } from "./guard.ts";
import { type LiveEvent, liveEvents, tooManyStreams } from "./live-events.ts";

const longest = 300_000;

/** `approval` events (`{ id, state, version, at }`), one per change that the caller may see, until their token ends. */
export function eventStream(
  c: Context<Env>,
  { desk, clock }: { readonly desk: Desk; readonly clock: Clock },
): Response {
  const caller = c.get("principal");
  const subscribe = (send: (event: LiveEvent) => void): (() => void) =>
    desk.watch(caller, (change) => send(eventOf(change)));
  return tooManyStreams(c) ?? liveEvents(c, { clock, longest, subscribe });
}

function eventOf({ id, state, version, at }: Change): LiveEvent {
  const data = JSON.stringify({ id, state, version, at: new Date(at).toISOString() });
  return { event: "approval", id: `${id}.${version}`, data };
}
