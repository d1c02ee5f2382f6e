import type { Clock } from "../base/clock.ts";
import type { NonEmpty } from "../base/non-empty.ts";
import { err, type Result } from "../base/result.ts";
import type { ApprovalId, RecordId } from "../core/ids.ts";
import { type Approval, type Ask, answers, grantHolds, type Standing } from "./approval.ts";
import { Batch } from "./batch.ts";
import { type Durability, durable } from "./durability-redis.ts";
import type { Outbox } from "./outbox.ts";
import { isBehind } from "./place.ts";
import { connectRedis, type RedisClient } from "./redis-client.ts";
import { type Moved, moveEach, stepOf, type Wish } from "./redis-moves.ts";
import { RedisRecords } from "./redis-records.ts";
import { type Use, type Used, useEach } from "./redis-uses.ts";
import {
  type ApprovalQuery,
  type ApprovalStore,
  type Change,
  type Opened,
  StoreUnavailable,
} from "./store.ts";
import { type Move, type Objection, transition } from "./transition.ts";

export interface RedisOptions {
  /** As `connectRedis` takes it. */
  readonly url: string;
  /** A connection to it that others use as well, and close; one of its own where absent. */
  readonly client?: RedisClient;
  readonly clock: Clock;
  /** Before every key, in braces, so that a cluster keeps them in one slot; `sallyport` where absent. */
  readonly prefix?: string;
  /** Replicas that must have an approval's use before it counts; none where absent. Not for clusters. */
  readonly replicas?: number;
  /** What Redis must do before it counts as ready; where absent, that it has no file is said and no more. */
  readonly durability?: Durability;
  /** How long what is over is kept for the history, in milliseconds; 30 days by default. */
  readonly keep?: number;
  /** Who outside is told of changes: the names under which `outbox` gives the notices. */
  readonly sinks?: readonly string[];
  /** How many may be pending of one requester; no limit where absent. */
  readonly mostPending?: number;
  /** Added to the server's time (ms), so that tests can move it. */
  readonly ahead?: () => number;
}

const month = 30 * 24 * 3600_000;
const mostTries = 50;
/** So many go in one call: few enough that to read its answer is no long turn of the event loop. */
const together = 100;
/** So many calls that use approvals up are under way: while Redis answers one, the next is made ready. */
const atOnce = 3;
/** Words of people go in smaller calls, and more at once: what was asked is read with each, and may be long. */
const movesTogether = 50;
const movesAtOnce = 8;

/** Approvals that several processes share, in Redis 7.0 or newer; judged by the server's clock. */
export async function openRedisStore(options: RedisOptions): Promise<ApprovalStore> {
  const client = options.client ?? connectRedis(options.url);
  const subscriber = connectRedis(options.url);
  // Without a listener ioredis prints; what is wrong shows in `ready` and in every call.
  client.on("error", () => undefined);
  subscriber.on("error", () => undefined);
  return new RedisStore(client, subscriber, options);
}

class RedisStore implements ApprovalStore {
  readonly #client: RedisClient;
  readonly #subscriber: RedisClient;
  readonly #options: RedisOptions;
  readonly #records: RedisRecords;
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #uses: Batch<Use, Used>;
  readonly #moves: Batch<Wish, Moved>;
  readonly #looks: Batch<ApprovalId, Standing | undefined>;

  constructor(client: RedisClient, subscriber: RedisClient, options: RedisOptions) {
    this.#client = client;
    this.#subscriber = subscriber;
    this.#options = options;
    this.#records = new RedisRecords(client, {
      prefix: options.prefix ?? "sallyport",
      keep: options.keep ?? month,
      ahead: options.ahead ?? (() => 0),
      sinks: options.sinks ?? [],
      mostPending: options.mostPending ?? Number.MAX_SAFE_INTEGER,
    });
    this.#looks = new Batch(
      together,
      async (ids) => (await this.#records.standings(ids)).standings,
    );
    this.#uses = new Batch(
      together,
      (uses) => useEach(this.#records, uses, () => this.#replicated()),
      atOnce,
    );
    this.#moves = new Batch(
      movesTogether,
      (wishes) => moveEach(this.#records, wishes),
      movesAtOnce,
    );
    subscriber.on("message", (_channel: string, message: string) => {
      const told = JSON.parse(message) as Change | readonly Change[];
      for (const change of [told].flat() as readonly Change[])
        for (const listener of this.#listeners) listener(change);
    });
    // Rejects while Redis is away; ioredis subscribes again at each reconnection by itself.
    const subscribe = () =>
      subscriber.subscribe(this.#records.key("changes")).catch(() => undefined);
    subscriber.on("ready", subscribe);
  }

  open(ask: Ask, by: RecordId): Promise<Opened> {
    return this.#untilSettled(async () => {
      const { bound, grants } = await this.#records.find(ask);
      const granted = await this.#holding(grants);
      if (granted !== undefined) return { kind: "granted", approval: granted };
      if (bound !== undefined) {
        const { now, approvals } = await this.#records.look([bound]);
        const [known] = approvals;
        if (known !== undefined && answers(known.standing, now)) return this.#join(known, by, now);
      }
      const approval = await this.#records.create(ask, by, bound);
      return approval === undefined ? undefined : { kind: "open", approval, fresh: true };
    });
  }

  async apply(id: ApprovalId, move: Move): Promise<Result<Approval, Objection>> {
    const moved = await this.#untilSettled(() => this.#moves.ask({ id, move }));
    if (!moved.ok && moved.error === "expired") await this.#expire([id]);
    return moved;
  }

  consume(
    ids: NonEmpty<ApprovalId>,
    by: RecordId,
  ): Promise<Result<readonly Standing[], Objection>> {
    return this.#untilSettled(() => this.#uses.ask({ ids, by }));
  }

  async get(id: ApprovalId): Promise<Approval | undefined> {
    return (await this.#records.look([id])).approvals[0];
  }

  async standings(ids: readonly ApprovalId[]): Promise<readonly (Standing | undefined)[]> {
    const [only] = ids;
    if (only === undefined) return [];
    if (ids.length === 1) return [await this.#looks.ask(only)];
    return (await this.#records.standings(ids)).standings;
  }

  async list({ state, limit = 200, before }: ApprovalQuery): Promise<readonly Approval[]> {
    const set = this.#records.key(state === "pending" ? "pending" : "all");
    const found: Approval[] = [];
    // Many may be of one time: where that was read in part, the next page begins behind those of it that were read.
    let from: string = before === undefined ? "+inf" : `${before.at}`;
    let skip = 0;
    // What is not in the state asked for is passed over, page by page, but not for ever.
    for (let page = 0; page < 50 && found.length < limit; page++) {
      const rows = await this.#records.reach(() =>
        this.#client.zrevrangebyscore(set, from, "-inf", "WITHSCORES", "LIMIT", skip, 200),
      );
      if (rows.length === 0) break;
      const last = rows.at(-1) ?? "-inf";
      const of = rows.filter((value, i) => i % 2 === 1 && value === last).length;
      skip = last === from ? skip + of : of;
      from = last;
      const ids = rows.filter((_, i) => i % 2 === 0).map((id) => id as ApprovalId);
      const { approvals } = await this.#records.look(ids);
      found.push(
        ...approvals
          .filter((approval) => isIn(state, approval))
          .filter((approval) => before === undefined || isBehind(approval, before)),
      );
    }
    return found.slice(0, limit);
  }

  async pending(): Promise<{ readonly count: number; readonly oldest?: number }> {
    const key = this.#records.key("pending");
    const [count, first] = await this.#records.reach(() =>
      Promise.all([
        this.#client.zcard(key),
        this.#client.zrangebyscore(key, "-inf", "+inf", "WITHSCORES", "LIMIT", 0, 1),
      ]),
    );
    return first[1] === undefined ? { count } : { count, oldest: Number(first[1]) };
  }

  async sweep(): Promise<void> {
    const { now } = await this.#records.look([]);
    const overdue = await this.#records.reach(() =>
      this.#client.zrangebyscore(this.#records.key("open"), "-inf", now, "LIMIT", 0, 500),
    );
    await this.#expire(overdue.map((id) => id as ApprovalId));
    const keep = this.#options.keep ?? month;
    await this.#records.reach(() =>
      this.#client.zremrangebyscore(
        this.#records.key("all"),
        "-inf",
        now - keep - 366 * 24 * 3600_000,
      ),
    );
  }

  get outbox(): Outbox {
    return this.#records.outbox;
  }

  watch(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async ready(): Promise<Result<string>> {
    try {
      return await this.#records.reach(() => durable(this.#client, this.#options.durability));
    } catch {
      return err("redis does not answer");
    }
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    if (this.#options.client === undefined) this.#client.disconnect();
    this.#subscriber.disconnect();
  }

  async #join(known: Approval, by: RecordId, now: number): Promise<Opened | undefined> {
    const moved = transition(known, { kind: "join", by }, now);
    if (!moved.ok) return { kind: "open", approval: known, fresh: false };
    const joined = await this.#records.commit([stepOf(known, moved.value)]);
    const approval = { ask: known.ask, standing: moved.value };
    return joined === "conflict" ? undefined : { kind: "open", approval, fresh: false };
  }

  async #holding(ids: readonly ApprovalId[]): Promise<Approval | undefined> {
    if (ids.length === 0) return undefined;
    const { now, approvals } = await this.#records.look(ids);
    return approvals.find((approval) => approval && grantHolds(approval.standing, now));
  }

  /** Expires those of them whose time is over. */
  async #expire(ids: readonly ApprovalId[]): Promise<void> {
    const { now, approvals } = await this.#records.look(ids);
    for (const before of approvals) {
      if (before === undefined) continue;
      const moved = transition(before, { kind: "expire" }, now);
      // Somebody else may have done it, or done something better, meanwhile.
      if (moved.ok) await this.#records.commit([stepOf(before, moved.value)]);
    }
  }

  async #replicated(): Promise<void> {
    const { replicas = 0 } = this.#options;
    if (replicas === 0) return;
    const reached = await this.#records.reach(() => this.#client.wait(replicas, 1000));
    if (reached < replicas)
      throw new StoreUnavailable("too few replicas of Redis have the use of this approval");
  }

  async #untilSettled<T>(attempt: () => Promise<T | undefined>): Promise<T> {
    for (let tries = 0; tries < mostTries; tries++) {
      const settled = await attempt();
      if (settled !== undefined) return settled;
    }
    throw new StoreUnavailable("too many others change the same approval");
  }
}

function isIn(state: ApprovalQuery["state"], approval: Approval | undefined): approval is Approval {
  return approval !== undefined && (state ?? approval.standing.state) === approval.standing.state;
}
