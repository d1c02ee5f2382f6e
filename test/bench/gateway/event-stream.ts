import { Agent as HttpAgent, request as http } from "node:http";
import { Agent as HttpsAgent, request as https } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import type { Leg } from "./leg.ts";

/** What readers of event streams saw, in milliseconds between the upstream's write and their read. */
export interface StreamSample {
  /** For the first event of each stream, from the request on. */
  readonly first: readonly number[];
  /** For every event, from the moment at which the upstream sent it. */
  readonly delays: readonly number[];
  /** How much later than at the upstream's own pace each event came after the one before. */
  readonly gaps: readonly number[];
  readonly events: number;
  readonly seconds: number;
}

const sent = /@(\d+) "/;

export interface Streams {
  /** So many at once, each on a connection that is open already: a job's client keeps its own. */
  readonly atOnce: number;
  /** So many on each connection, one after the other; one unless told. */
  readonly inTurn?: number;
  /** What the upstream is told to send. */
  readonly query: string;
  /** So many milliseconds between the beginning of one connection's streams and the next one's. */
  readonly apart?: number;
}

/** Reads event streams from a leg. */
export async function readStreams(
  leg: Leg,
  { atOnce, inTurn = 1, query, apart = 0 }: Streams,
): Promise<StreamSample> {
  const readers = Array.from({ length: atOnce }, () => new Reader(leg));
  await Promise.all(readers.map((reader) => reader.read("tokens=1&every=0")));
  const began = performance.now();
  const read = await Promise.all(
    readers.map(async (reader, at) => {
      await sleep(at * apart);
      const own: One[] = [];
      for (let turn = 0; turn < inTurn; turn += 1) own.push(await reader.read(query));
      return own;
    }),
  ).then((own) => own.flat());
  const seconds = (performance.now() - began) / 1000;
  for (const reader of readers) reader.close();
  return {
    first: read.flatMap(({ first }) => first),
    delays: read.flatMap(({ delays }) => delays),
    gaps: read.flatMap(({ gaps }) => gaps),
    events: read.reduce((total, { delays }) => total + delays.length, 0),
    seconds,
  };
}

type One = Pick<StreamSample, "first" | "delays" | "gaps">;

/** One client with one connection. */
class Reader {
  readonly #leg: Leg;
  readonly #agent: HttpAgent;

  constructor(leg: Leg) {
    this.#leg = leg;
    const options = { keepAlive: true, maxSockets: 1 };
    this.#agent = leg.url.startsWith("https") ? new HttpsAgent(options) : new HttpAgent(options);
  }

  close(): void {
    this.#agent.destroy();
  }

  read(query: string): Promise<One> {
    const { url, headers } = this.#leg;
    return new Promise((resolve, reject) => {
      const target = `${url}/chat/completions?${query}`;
      const asked = process.hrtime.bigint();
      const call = (target.startsWith("https") ? https : http)(
        target,
        {
          method: "POST",
          agent: this.#agent,
          rejectUnauthorized: false,
          headers: {
            "content-type": "application/json",
            ...Object.fromEntries(headers.map((line) => line.split(": "))),
          },
        },
        (response) => {
          const watch = new Watch(asked);
          if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
          response.setEncoding("utf8").on("data", (text: string) => watch.take(text));
          response.once("end", () => resolve(watch));
          response.once("error", reject);
        },
      );
      call.once("error", reject);
      call.end('{"model":"m","stream":true,"messages":[{"role":"user","content":"Go on."}]}');
    });
  }
}

/** Compares when events arrive with when they were sent; both clocks are the machine's monotonic one. */
class Watch implements One {
  readonly first: number[] = [];
  readonly delays: number[] = [];
  readonly gaps: number[] = [];
  readonly #asked: bigint;
  #rest = "";
  #before: { readonly sent: bigint; readonly at: bigint } | undefined;

  constructor(asked: bigint) {
    this.#asked = asked;
  }

  take(text: string): void {
    const at = process.hrtime.bigint();
    const events = (this.#rest + text).split("\n\n");
    this.#rest = events.pop() ?? "";
    for (const event of events) {
      const stamp = sent.exec(event)?.[1];
      if (stamp !== undefined) this.#event(BigInt(stamp), at);
    }
  }

  #event(stamp: bigint, at: bigint): void {
    if (this.#before === undefined) this.first.push(milliseconds(at - this.#asked));
    else this.gaps.push(milliseconds(at - this.#before.at - (stamp - this.#before.sent)));
    this.delays.push(milliseconds(at - stamp));
    this.#before = { sent: stamp, at };
  }
}

function milliseconds(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e6;
}
