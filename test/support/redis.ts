import { type ChildProcess, spawn } from "node:child_process";
import { Redis } from "ioredis";
import { temporaryFolder } from "./folder.ts";
import { freePort } from "./ports.ts";

/** A real Redis of one's own that writes every acknowledged command to disk. */
export interface TestRedis {
  readonly url: string;
  readonly port: number;
  /** Process id of the one that runs now. */
  readonly pid: number;
  /** A new client, to be disconnected by its owner. */
  client(): Redis;
  /** SIGKILL; resolves when it is gone. */
  crash(): Promise<void>;
  /** Starts it again on the same port, with all that it had acknowledged. */
  restart(): Promise<void>;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

/** Starts a Redis and waits until it answers. */
export async function startRedis(): Promise<TestRedis> {
  const folder = await temporaryFolder();
  const port = await freePort();
  const client = (): Redis => {
    const redis = new Redis(port, "127.0.0.1", {
      maxRetriesPerRequest: null,
      retryStrategy: () => 20,
    });
    redis.on("error", () => undefined);
    return redis;
  };
  const launch = (): ChildProcess =>
    spawn(
      "redis-server",
      ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder.path, "--save", ""].concat([
        "--appendonly",
        "yes",
        "--appendfsync",
        "always",
      ]),
      { stdio: "ignore" },
    );
  const ready = async (): Promise<void> => {
    const redis = client();
    await redis.ping();
    redis.disconnect();
  };
  let child = launch();
  const crash = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  };
  await ready();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return child.pid ?? 0;
    },
    client,
    crash,
    restart: async () => {
      child = launch();
      await ready();
    },
    stop: async () => {
      await crash();
      await folder.remove();
    },
  };
}
