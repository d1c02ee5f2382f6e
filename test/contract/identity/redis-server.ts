import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";

/** A Redis of its own on a free port, whose state outlives a crash. */
export class RedisServer {
  readonly port: number;
  readonly #dir: string;
  #process: ChildProcess;

  private constructor(port: number, dir: string) {
    this.port = port;
    this.#dir = dir;
    this.#process = this.#spawn();
  }

  static async start(): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), await mkdtemp(join(tmpdir(), "redis-")));
    await server.#ready();
    return server;
  }

  client(): Redis {
    const redis = new Redis(this.port, "127.0.0.1", {
      maxRetriesPerRequest: 1,
      retryStrategy: () => 50,
    });
    redis.on("error", () => {});
    return redis;
  }

  async crash(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGKILL");
    await gone;
  }

  /** Starts it again where it was, with what it had acknowledged. */
  async restart(): Promise<void> {
    this.#process = this.#spawn();
    await this.#ready();
  }

  async stop(): Promise<void> {
    await this.crash();
    await rm(this.#dir, { recursive: true });
  }

  #spawn(): ChildProcess {
    const args = ["--port", String(this.port), "--bind", "127.0.0.1", "--save", "", "--dir"];
    const durable = ["--appendonly", "yes", "--appendfsync", "always"];
    return spawn("redis-server", [...args, this.#dir, ...durable], { stdio: "ignore" });
  }

  async #ready(): Promise<void> {
    const redis = new Redis(this.port, "127.0.0.1", {
      maxRetriesPerRequest: null,
      retryStrategy: () => 20,
    });
    redis.on("error", () => {});
    await redis.ping();
    redis.disconnect();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
