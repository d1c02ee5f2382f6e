import { expect, test } from "vitest";
import { startRedis } from "../../support/redis.ts";

test("what a Redis has acknowledged outlives its crash", async () => {
  const redis = await startRedis();
  const client = redis.client();
  try {
    await client.set("key", "value");
    await redis.crash();
    await redis.restart();
    expect(await client.get("key")).toBe("value");
  } finally {
    client.disconnect();
    await redis.stop();
  }
});
