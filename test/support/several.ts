import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { type Answer, ask } from "../../src/demo/ask.ts";
import { startRedis, type TestRedis } from "./redis.ts";
import { type ServeStack, type ServeStackOptions, startServeStack } from "./serve-stack.ts";
import { overlay } from "./stack-config.ts";

/** `serve --processes 2`: two processors behind one Envoy, with the Redis that they share. */
export interface Several {
  readonly stack: ServeStack;
  readonly redis: TestRedis;
  /** What alice, a maintainer, asks of the API. */
  alice(path: string, body?: object): Promise<Answer>;
  /** What a job asks by way of Envoy. */
  get(path: string, token?: string): Promise<Answer>;
  /** The sum of a metric's samples of one process. */
  metric(name: string, number: number): Promise<number>;
  /** Resolves when both processes answer. */
  both(): Promise<void>;
  /** The process of that number, among the children of the supervisor (Linux). */
  pidOf(number: number): number;
  stop(): Promise<void>;
}

export async function startSeveral(options: ServeStackOptions): Promise<Several> {
  const redis = await startRedis();
  const shared = {
    listen: { processes: 2 },
    state: { kind: "redis", url: redis.url },
    keys: "./keys",
    audit: { dir: "./data/audit", log: { dir: "./data/log" }, replica: "gateway" },
  };
  const stack = await startServeStack({
    ...options,
    config: overlay(shared, options.config ?? {}),
    args: ["--notice", "0", ...(options.args ?? [])],
  });
  const ca = readFileSync(stack.ca, "utf8");
  const alice: Several["alice"] = (path, body) =>
    stack.person("alice", ["maintainers"])(path, body);
  const metric: Several["metric"] = async (name, number) => {
    const { text } = await alice("/metrics");
    const samples = new RegExp(`^${name}\\{process="${number}"[^}]*\\} (\\S+)$`, "gm");
    return [...text.matchAll(samples)].reduce((sum, [, value]) => sum + Number(value), 0);
  };
  return {
    stack,
    redis,
    alice,
    get: async (path, token) => {
      const authorization = `Bearer ${token ?? (await stack.issuer.token())}`;
      return ask(`${stack.proxy}${path}`, { ca, headers: { authorization } });
    },
    metric,
    both: async () => {
      for (const number of [0, 1])
        await expect
          .poll(() => metric("sallyport_process_up", number), { timeout: 60_000 })
          .toBe(1);
    },
    pidOf: (number) => {
      const children = readFileSync(`/proc/${stack.pid}/task/${stack.pid}/children`, "utf8");
      const named = `--process\0${number}\0`;
      const found = children
        .split(" ")
        .filter(Boolean)
        .find((one) => readFileSync(`/proc/${one}/cmdline`, "utf8").includes(named));
      return Number(found);
    },
    stop: async () => {
      await stack.stop();
      await redis.stop();
    },
  };
}
