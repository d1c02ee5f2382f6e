import { Cluster } from "ioredis";
import { err, ok, type Result } from "../base/result.ts";
import type { RedisClient } from "./redis-client.ts";

/** How often Redis must write its append-only file: before it answers, or each second at least. */
export type Durability = "always" | "everysec";

/** Whether every master keeps what it is told as it must; rejects where one does not answer. */
export async function durable(
  client: RedisClient,
  durability: Durability | undefined,
): Promise<Result<string>> {
  const masters = client instanceof Cluster ? client.nodes("master") : [client];
  const found = await Promise.all(masters.map((master) => master.info("persistence")));
  const kept = found.every((text) => /^aof_enabled:1/m.test(text));
  if (durability === undefined)
    return ok(
      kept
        ? "redis answers"
        : "redis answers, but has no append-only file: what people said may be lost with it",
    );
  const modes = await Promise.all(masters.map((master) => master.config("GET", "appendfsync")));
  const often = modes.every((mode) => isAtLeast(durability, (mode as readonly string[])[1]));
  return kept && often && masters.length > 0
    ? ok("redis answers")
    : err(`redis does not write its append-only file as it must: appendfsync ${durability}`);
}

function isAtLeast(durability: Durability, mode: string | undefined): boolean {
  return mode === "always" || mode === durability;
}
