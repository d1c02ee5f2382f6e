import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask } from "../../src/demo/ask.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { type ServeStack, startServeStack } from "../support/serve-stack.ts";

/**
 * The real processor, the real Redis (append-only file, fsync always), or both, are killed at a random moment while
 * requests wait, are decided and go on. Clients repeat what failed; an approver answers whatever is pending.
 */
// KILL_ROUNDS=200 for the figure that the documentation gives. The verdict is passed, and said, after each slice.
const rounds = Number(process.env["KILL_ROUNDS"] ?? 1);
const slice = 20;
const perRound = 4;
const timeout = 120_000 + rounds * 30_000;

const policy = `rules:
  - id: new-repositories-wait
    when: { operation: repository.create }
    then: [ { approve: { by: "group:maintainers", hold: 1m, within: 10m } }, { inject: {} } ]
otherwise: [ { deny: { reason: "No." } } ]
`;

interface Asked {
  readonly id: string;
  readonly state: string;
  readonly request: { readonly body: string };
}

const denied = (name: string) => Number(name.replace("r", "")) % 7 === 0;

class Trial {
  readonly #stack: ServeStack;
  readonly #ca: string;
  readonly approved = new Map<string, string>();
  #over = false;
  #answering: Promise<void>;

  constructor(stack: ServeStack) {
    this.#stack = stack;
    this.#ca = readFileSync(stack.ca, "utf8");
    this.#answering = this.#answer();
  }

  /** What the upstream was asked to make, in order. */
  get arrivals(): readonly string[] {
    return this.#stack.upstream.log
      .filter(({ method, path }) => method === "POST" && path === "/user/repos")
      .map(({ body }) => JSON.parse(body.toString("utf8")).name as string);
  }

  /** Asks until there is an answer, as clients do; one whose request did arrive does not ask again. */
  async client(name: string): Promise<"made" | "denied"> {
    for (;;) {
      const status = await this.#ask(name).catch(() => 0);
      if (status === 201) return "made";
      if (status === 403) return "denied";
      if (this.arrivals.includes(name)) return "made";
      await pause(50);
    }
  }

  async stop(): Promise<void> {
    this.#over = true;
    await this.#answering;
  }

  async #ask(name: string): Promise<number> {
    const { token } = await this.#stack.access();
    const answer = await ask(`${this.#stack.proxy}/api/v3/user/repos`, {
      method: "POST",
      ca: this.#ca,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ name }),
    });
    return answer.status;
  }

  // Says yes or no to whatever is pending, and writes down each yes before it is said.
  async #answer(): Promise<void> {
    const alice = this.#stack.person("alice", ["maintainers"]);
    while (!this.#over) {
      const { text } = await alice("/api/v1/approvals?state=pending").catch(() => ({ text: "{}" }));
      const { approvals = [] } = JSON.parse(text) as { approvals?: readonly Asked[] };
      for (const { id, request } of approvals) {
        const { name } = JSON.parse(request.body) as { name: string };
        const verdict = denied(name) ? "deny" : "approve";
        if (verdict === "approve") this.approved.set(id, name);
        await alice(`/api/v1/approvals/${id}/${verdict}`, { reason: "" }).catch(() => undefined);
        await pause(Math.random() * 10);
      }
      await pause(20);
    }
  }
}

/** Kills what the dice say at some moment, and brings it back; says what it was. */
async function strike(stack: ServeStack, redis: TestRedis | undefined): Promise<string> {
  await pause(Math.random() * 150);
  const dice = redis === undefined ? 0 : Math.floor(Math.random() * 3);
  if (dice === 1) {
    await redis?.crash();
    await redis?.restart();
    return "Redis";
  }
  await Promise.all([stack.kill(), dice === 2 ? redis?.crash() : undefined]);
  if (dice === 2) await redis?.restart();
  await stack.start();
  return dice === 2 ? "both" : "processor";
}

async function trial(stack: ServeStack, redis: TestRedis | undefined, of: number): Promise<void> {
  const trial = new Trial(stack);
  const struck: Record<string, number> = {};
  const names: string[] = [];
  for (let round = 0; round < of; round++) {
    const mine = Array.from({ length: perRound }, (_, i) => `r${round * perRound + i + 1}`);
    names.push(...mine);
    const fates = Promise.all(mine.map((name) => trial.client(name)));
    const what = await strike(stack, redis);
    struck[what] = (struck[what] ?? 0) + 1;
    expect(await fates).toEqual(mine.map((name) => (denied(name) ? "denied" : "made")));
    if ((round + 1) % slice !== 0 && round + 1 !== of) continue;
    const unsent = await verdict(stack, trial, names);
    console.log(
      `${round + 1} of ${of} kills (${JSON.stringify(struck)}): ${names.length} asked, ${trial.arrivals.length} of them ` +
        `approved and arrived once each; ${unsent} approvals were used by a processor that died before it sent`,
    );
  }
  await trial.stop();
}

/** Everything so far: nothing arrived twice or unapproved, or not at all. Gives how many approvals were used in vain. */
async function verdict(stack: ServeStack, trial: Trial, names: readonly string[]): Promise<number> {
  const { arrivals, approved } = trial;
  expect(arrivals.toSorted(), "each approved request arrived once, no other did").toEqual(
    names.filter((name) => !denied(name)).toSorted(),
  );
  const used = await consumed(stack);
  const spent = new Set([...approved].filter(([id]) => used.has(id)).map(([, name]) => name));
  expect(
    arrivals.filter((name) => !spent.has(name)),
    "each arrival had an approval of its own",
  ).toEqual([]);
  expect(
    [...used].filter((id) => !approved.has(id)),
    "none went on that nobody approved",
  ).toEqual([]);
  return used.size - arrivals.length;
}

async function consumed(stack: ServeStack): Promise<ReadonlySet<string>> {
  const alice = stack.person("alice", ["maintainers"]);
  const found = new Set<string>();
  let before: string | undefined = "";
  while (before !== undefined) {
    const page = before === "" ? "" : `&before=${encodeURIComponent(before)}`;
    const { text } = await alice(`/api/v1/approvals?limit=200${page}`);
    const read = JSON.parse(text) as { approvals: readonly Asked[]; before?: string };
    for (const { id, state } of read.approvals) if (state === "consumed") found.add(id);
    before = read.before;
  }
  return found;
}

describe("killed at any moment, nothing arrives twice, unapproved, or not at all", () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  test("the processor, with its state on disk", { timeout }, async () => {
    const stack = await startServeStack({ policy });
    await trial(stack, undefined, Math.ceil(rounds / 4)).finally(() => stack.stop());
  });

  test("the processor, Redis, or both", { timeout }, async () => {
    const stack = await startServeStack({
      policy,
      config: { state: { kind: "redis", url: redis.url } },
    });
    await trial(stack, redis, rounds).finally(() => stack.stop());
  });
});
