import { Cluster, type Redis } from "ioredis";
import type { Clock } from "../../base/clock.ts";
import type { SessionId } from "../../core/ids.ts";
import type { Revocation } from "../identity.ts";
import { revocations, revokedSessions } from "./keys.ts";

/** Told of each revocation, maybe twice, and until when it holds (ms); `news` is false of those that held before the feed began. */
export type Told = (revocation: Revocation, until: number, news: boolean) => void;

const pauseAfterFailure = 200;

/**
 * Hears every revocation that any gateway makes, by a stream, so that what is made while the connection is cut is heard
 * afterwards. Opens a connection of its own. After each cut all that holds is read anew: the stream may have been cut short.
 */
export class RevocationFeed {
  readonly #clock: Clock;
  readonly #told: Told;
  readonly #own: Redis | Cluster;
  #last: string | undefined;
  #whole = false;
  #heardAt = Number.NEGATIVE_INFINITY;
  #down = false;
  #stopped = false;

  constructor(redis: Redis | Cluster, clock: Clock, told: Told) {
    this.#clock = clock;
    this.#told = told;
    // A blocking read holds its connection, and must outlast the retries of ordinary commands.
    const patient = { maxRetriesPerRequest: null };
    this.#own =
      redis instanceof Cluster
        ? redis.duplicate([], { redisOptions: patient })
        : redis.duplicate(patient);
    this.#own.on("error", () => {});
    this.#own.on("close", () => {
      this.#whole = false;
    });
    // Asked at once and on the ordinary connection, so that nothing revoked from now on is missed.
    void this.#run(this.#catchUp(redis).catch(() => undefined));
  }

  /** Milliseconds since all revocations that there were are known here. */
  get silentFor(): number {
    return Math.max(0, this.#clock.now() - this.#heardAt);
  }

  /** Whether Redis did not answer the last time. */
  get down(): boolean {
    return this.#down;
  }

  stop(): void {
    this.#stopped = true;
    this.#own.disconnect();
  }

  async #run(begun: Promise<void>): Promise<void> {
    await begun;
    while (!this.#stopped)
      await this.#read().then(
        () => {
          this.#down = false;
        },
        async () => {
          this.#down = true;
          this.#whole = false;
          await pause(this.#clock, pauseAfterFailure);
        },
      );
  }

  async #read(): Promise<void> {
    if (!this.#whole) await this.#catchUp(this.#own);
    const asked = this.#clock.now();
    const from = this.#last ?? "0-0";
    const streams = await this.#own.xread("COUNT", 100, "BLOCK", 500, "STREAMS", revocations, from);
    const entries = streams?.[0]?.[1] ?? [];
    for (const [id, [, revocation = "null", , until = "0"]] of entries) {
      this.#last = id;
      if (!this.#stopped) this.#told(JSON.parse(revocation) as Revocation, Number(until), true);
    }
    if (entries.length < 100) this.#heardAt = asked;
  }

  /** Reads all that holds, and, the first time, where the stream stands: only what comes after it is news. */
  async #catchUp(redis: Redis | Cluster): Promise<void> {
    const asked = this.#clock.now();
    const news = this.#last !== undefined;
    const [sessions, newest] =
      (await redis
        .multi()
        .zrangebyscore(revokedSessions, asked, "+inf", "WITHSCORES")
        .xrevrange(revocations, "+", "-", "COUNT", 1)
        .exec()) ?? [];
    const pairs = replied<readonly string[]>(sessions);
    for (let at = 0; at + 1 < pairs.length; at += 2)
      this.#told({ kind: "session", session: pairs[at] as SessionId }, Number(pairs[at + 1]), news);
    const [entry] = replied<readonly (readonly [string, unknown])[]>(newest);
    // What came between a cut and now is still to be told of, where the stream holds it.
    this.#last ??= entry?.[0] ?? "0-0";
    this.#whole = true;
    this.#heardAt = asked;
  }
}

function replied<T>(reply: readonly [Error | null, unknown] | undefined): T {
  if (reply === undefined) throw new Error("Redis gave the transaction up");
  const [failed, value] = reply;
  if (failed !== null) throw failed;
  return value as T;
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}
