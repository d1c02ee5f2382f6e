import type { Context } from "hono";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import type { Change } from "../approvals/store.ts";
import type { Clock } from "../base/clock.ts";
import type { Principal } from "../core/principal.ts";
import type { Desk } from "./desk.ts";
import type { Env } from "./guard.ts";
import { problem } from "./problem.ts";

const beatEvery = 15_000;
/** A reader that is behind by this many changes is let go: it comes back and reads the list. */
const mostBehind = 1000;
const longestStream = 300_000;
const mostStreams = 1000;
let streams = 0;

/** `approval` events (`{ id, state, version, at }`), one per change that the caller may see, until their token ends. */
export function eventStream(
  c: Context<Env>,
  { desk, clock }: { readonly desk: Desk; readonly clock: Clock },
): Response {
  if (streams >= mostStreams)
    return problem(c, {
      status: 503,
      code: "too_many_streams",
      detail: "Too many event streams are open.",
    });
  const caller = c.get("principal");
  const left = untilAskedAgain(caller, clock.now());
  c.header("cache-control", "no-store");
  // So that nginx and Envoy's buffers do not sit on events.
  c.header("x-accel-buffering", "no");
  return streamSSE(c, async (stream) => {
    streams += 1;
    const changes = new Changes();
    const stops = [
      desk.watch(caller, (change) => changes.push(change)),
      beat(clock, () => changes.beat()),
      clock.after(left, () => changes.end()),
    ];
    stream.onAbort(() => changes.end());
    try {
      await send(stream, changes);
    } finally {
      streams -= 1;
      for (const stop of stops) stop();
    }
  });
}

/** A reader comes back when its stream ends, and is asked anew who it is: when its token is over, or after a while. */
function untilAskedAgain({ claims }: Principal, now: number): number {
  const expires = claims["exp"];
  const left = typeof expires === "number" ? expires * 1000 - now : 0;
  // A session token outlives the id token whose claims it carries.
  return left > 0 ? Math.min(left, longestStream) : longestStream;
}

async function send(stream: SSEStreamingApi, changes: Changes): Promise<void> {
  await stream.write(": open\n\n");
  for (;;) {
    const next = await changes.next();
    if (next === "end") return;
    if (next === "beat") await stream.write(": beat\n\n");
    else await stream.writeSSE(event(next));
  }
}

function event({ id, state, version, at }: Change) {
  const data = JSON.stringify({ id, state, version, at: new Date(at).toISOString() });
  return { event: "approval", id: `${id}.${version}`, data };
}

function beat(clock: Clock, callback: () => void): () => void {
  let stop = () => {};
  const plan = () => {
    stop = clock.after(beatEvery, () => {
      callback();
      plan();
    });
  };
  plan();
  return () => stop();
}

type Next = Change | "beat" | "end";

class Changes {
  #queue: Next[] = [];
  #wake: (() => void) | undefined;
  #ended = false;

  push(change: Change): void {
    if (this.#queue.length >= mostBehind) this.end();
    else this.#add(change);
  }

  beat(): void {
    if (this.#queue.length === 0) this.#add("beat");
  }

  end(): void {
    this.#ended = true;
    this.#add("end");
  }

  async next(): Promise<Next> {
    if (this.#ended) return "end";
    for (;;) {
      const next = this.#queue.shift();
      if (next !== undefined) return next;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #add(next: Next): void {
    this.#queue.push(next);
    this.#wake?.();
  }
}
