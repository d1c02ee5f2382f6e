import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { Clock } from "../base/clock.ts";
import type { Principal } from "../core/principal.ts";
import type { Env } from "./guard.ts";
import { problem } from "./problem.ts";

const beatEvery = 15_000;
/** A reader that is behind by this many events is let go: it comes back and reads what it has missed. */
const mostBehind = 1000;
const mostStreams = 1000;
let streams = 0;

/** One server-sent event. */
export interface LiveEvent {
  readonly event: string;
  readonly data: string;
  readonly id?: string;
}

export interface LiveParts {
  readonly clock: Clock;
  /** The stream ends after that many milliseconds at the latest, and when the caller's token does. */
  readonly longest: number;
  /** Begins to send; the function returned ends it. */
  readonly subscribe: (send: (event: LiveEvent) => void) => () => void;
}

/** Whether there is no room for another stream; then this is the answer. */
export function tooManyStreams(c: Context): Response | undefined {
  if (streams < mostStreams) return undefined;
  const detail = "Too many event streams are open.";
  return problem(c, { status: 503, code: "too_many_streams", detail });
}

/** Server-sent events for one caller: with a beat while nothing happens, until their token or the stream's time is over. */
export function liveEvents(c: Context<Env>, { clock, longest, subscribe }: LiveParts): Response {
  const left = untilAskedAgain(c.get("principal"), clock.now(), longest);
  c.header("cache-control", "no-store");
  // So that nginx and Envoy's buffers do not sit on events.
  c.header("x-accel-buffering", "no");
  return streamSSE(c, async (stream) => {
    streams += 1;
    const queue = new Queue();
    const stops = [
      subscribe((event) => queue.push(event)),
      beat(clock, () => queue.beat()),
      clock.after(left, () => queue.end()),
    ];
    stream.onAbort(() => queue.end());
    try {
      await stream.write(": open\n\n");
      for (let next = await queue.next(); next !== "end"; next = await queue.next())
        await (next === "beat" ? stream.write(": beat\n\n") : stream.writeSSE(next));
    } finally {
      streams -= 1;
      for (const stop of stops) stop();
    }
  });
}

/** A reader comes back when its stream ends, and is asked anew who it is: when its token is over, or after a while. */
function untilAskedAgain({ claims }: Principal, now: number, longest: number): number {
  const expires = claims["exp"];
  const left = typeof expires === "number" ? expires * 1000 - now : 0;
  // A session token outlives the id token whose claims it carries.
  return left > 0 ? Math.min(left, longest) : longest;
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

type Next = LiveEvent | "beat" | "end";

class Queue {
  #queue: Next[] = [];
  #wake: (() => void) | undefined;
  #ended = false;

  push(event: LiveEvent): void {
    if (this.#queue.length >= mostBehind) this.end();
    else this.#add(event);
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
