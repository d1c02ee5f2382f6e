import type { ApprovalId, RecordId } from "../core/ids.ts";
import { type Approval, type Ask, opened, type Standing } from "./approval.ts";
import { type Notice, noticeKey, noticesOf, type Outbox, parseNotice } from "./outbox.ts";
import type { RedisClient } from "./redis-client.ts";
import { claim, commit, create, find, look, putOff, type Script, stand } from "./scripts.ts";
import { StoreUnavailable, TooManyPending } from "./store.ts";

/** One transition as it is to be committed. */
export interface Step {
  readonly id: ApprovalId;
  readonly before: Standing;
  readonly after: Standing;
  /** Who asked; needed only where it may have been pending. */
  readonly requester?: string;
}

/** `conflict`: somebody was faster, or the time is over. */
export type Committed = "done" | "conflict";

export interface RecordOptions {
  readonly prefix: string;
  /** How long what is over is kept (ms). */
  readonly keep: number;
  /** Added to the server's time (ms). */
  readonly ahead: () => number;
  /** Who outside is told of changes. */
  readonly sinks: readonly string[];
  /** How many may be pending of one requester. */
  readonly mostPending: number;
}

/** Approvals as hashes in Redis, seen with the server's time, and changed only as they were seen. */
export class RedisRecords {
  readonly #client: RedisClient;
  readonly #options: RecordOptions;

  constructor(client: RedisClient, options: RecordOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** A key; every one of them is in the same slot of a cluster. */
  key(kind: string, name?: string): string {
    const key = `{${this.#options.prefix}}:approvals:${kind}`;
    return name === undefined ? key : `${key}:${name}`;
  }

  /** The approval last asked with this binding, and those whose grants might cover the ask. */
  async find(
    ask: Ask,
  ): Promise<{ readonly bound: ApprovalId | undefined; readonly grants: readonly ApprovalId[] }> {
    const [, bound, ...grants] = await this.#run(
      find,
      [
        this.key("binding", ask.binding),
        this.key("grant", ask.grantKeys.session),
        this.key("grant", ask.grantKeys.resource),
      ],
      [],
    );
    return { bound: idsOf([bound])[0], grants: idsOf(grants) };
  }

  /** Opens an ask unless the binding has moved on from `bound`; undefined where it has. Throws `TooManyPending`. */
  async create(
    ask: Ask,
    by: RecordId,
    bound: ApprovalId | undefined,
  ): Promise<Approval | undefined> {
    const keys = [
      this.key("binding", ask.binding),
      this.key("approval", ask.id),
      this.key("open"),
      this.key("pending"),
      this.key("all"),
      this.key("outbox"),
      this.key("of", ask.requester.id),
    ];
    const { sinks, mostPending } = this.#options;
    const notices = noticesOf(sinks, undefined, { id: ask.id, state: "pending" });
    const times = { askedAt: "@now", expiresAt: "@end" };
    const [now] = await this.#run(create, keys, [
      bound ?? "",
      ask.id,
      JSON.stringify(ask),
      JSON.stringify({ ...opened(ask, by, 0), ...times }),
      ask.within,
      this.#options.keep,
      this.key("changes"),
      notices.join("\n"),
      mostPending,
    ]);
    if (now === 0) return undefined;
    if (now === -1) throw new TooManyPending();
    return { ask, standing: opened(ask, by, Number(now)) };
  }

  /** The server's time, and the approvals with these ids, in their order. */
  async look(ids: readonly ApprovalId[]): Promise<{
    readonly now: number;
    readonly approvals: readonly (Approval | undefined)[];
  }> {
    // A script without a key could run on any node of a cluster, and its clock would be another.
    const keys = ids.map((id) => this.key("approval", id));
    const [now, ...fields] = await this.#run(
      look,
      keys.length === 0 ? [this.key("none")] : keys,
      [],
    );
    const approvals = ids.map((_, i): Approval | undefined => {
      const [ask, standing] = [fields[i * 2], fields[i * 2 + 1]];
      return typeof ask === "string" && typeof standing === "string"
        ? { ask: JSON.parse(ask) as Ask, standing: JSON.parse(standing) as Standing }
        : undefined;
    });
    return { now: Number(now), approvals };
  }

  /** The server's time, and where these stand, in their order: what was asked may be long. */
  async standings(ids: readonly ApprovalId[]): Promise<{
    readonly now: number;
    readonly standings: readonly (Standing | undefined)[];
  }> {
    const keys = ids.map((id) => this.key("approval", id));
    const [now, ...found] = await this.#run(stand, keys, []);
    const standings = found.map((text) =>
      typeof text === "string" ? (JSON.parse(text) as Standing) : undefined,
    );
    return { now: Number(now), standings };
  }

  /** Makes all of these moves or none. A move that time forbids is a conflict, too: the next look will see it lapsed. */
  async commit(steps: readonly Step[]): Promise<Committed> {
    const [done] = await this.commitEach([steps]);
    return done ?? "conflict";
  }

  /** Makes the moves of each group or none of that group, one group after the other, in one call. */
  async commitEach(groups: readonly (readonly Step[])[]): Promise<readonly Committed[]> {
    const keys = [this.key("open"), this.key("pending"), this.key("outbox")];
    const args: (string | number)[] = [this.key("changes")];
    for (const [group, steps] of groups.entries())
      for (const step of steps) {
        keys.push(...this.#keysOf(step));
        args.push(group, ...this.#argsOf(step));
      }
    const answers = await this.#run(commit, keys, args);
    return answers.map((answer) => (Number(answer) > 0 ? "done" : "conflict"));
  }

  #keysOf({ id, after, requester = "nobody" }: Step): readonly string[] {
    const grant = after.grant?.key ?? "none";
    return [this.key("approval", id), this.key("grant", grant), this.key("of", requester)];
  }

  #argsOf({ id, before, after }: Step): readonly (string | number)[] {
    const grant = after.grant?.revoked === undefined ? after.grant : undefined;
    const notAfter = needsTime(before, after) ? before.expiresAt : "";
    const notices = noticesOf(this.#options.sinks, before.state, { id, state: after.state });
    const { version } = before;
    const standing = JSON.stringify(after);
    const ends = [after.expiresAt, grant?.until ?? ""];
    return [id, version, standing, after.state, notAfter, ...ends, notices.join("\n")];
  }

  /** Notices, in a sorted set by when they are due. */
  get outbox(): Outbox {
    const keys = [this.key("outbox"), this.key("attempts")];
    const put = async (notice: Notice, after: number) => {
      await this.#run(putOff, keys, [noticeKey(notice), after]);
    };
    return {
      claim: async (limit, lease) => {
        const found = await this.#run(claim, keys, [limit, lease]);
        return found.flatMap((key, i) =>
          i % 2 === 0 ? (parseNotice(`${key}`, Number(found[i + 1])) ?? []) : [],
        );
      },
      done: (notice) => put(notice, 0),
      retry: (notice, after) => put(notice, Math.max(1, Math.round(after))),
    };
  }

  /** Makes a call, and tells an outage from all else that can go wrong. */
  async reach<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (cause) {
      throw new StoreUnavailable("Redis cannot be reached or refuses", { cause });
    }
  }

  async #run(
    { sha, lua }: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<readonly unknown[]> {
    const all = [keys.length, ...keys, Math.round(this.#options.ahead()), ...args] as const;
    const answer = await this.reach(async () => {
      try {
        return await this.#client.evalsha(sha, ...all);
      } catch (cause) {
        // A Redis that was restarted has forgotten the script.
        if (!(cause instanceof Error) || !cause.message.startsWith("NOSCRIPT")) throw cause;
        return await this.#client.eval(lua, ...all);
      }
    });
    return Array.isArray(answer) ? answer : [answer];
  }
}

/** Whether a change counts only while the time of the approval is not over: all but its end. */
export function needsTime(before: Standing, after: Standing): boolean {
  const open = before.state === "pending" || before.state === "approved";
  return open && after.state !== "expired" && after.state !== "cancelled";
}

function idsOf(values: readonly unknown[]): readonly ApprovalId[] {
  return values.filter((value): value is ApprovalId => typeof value === "string");
}
