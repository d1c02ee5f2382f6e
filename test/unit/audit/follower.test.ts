import { expect, it, vi } from "vitest";
import { Follower } from "../../../src/audit/wal/follower.ts";
import { systemClock } from "../../../src/base/clock.ts";

it("says that it failed to settle until it has settled, however often it looks in between", async () => {
  let grow = (): void => undefined;
  let looks = 0;
  let settled = 0;
  let broken = true;
  const follower = new Follower({
    wal: {
      onDurable: (told) => {
        grow = told;
        return () => undefined;
      },
    },
    clock: systemClock,
    interval: 800,
    take: async () => {
      looks += 1;
      return looks === 1;
    },
    settle: async () => {
      if (broken) throw new Error("the disk is full");
      settled += 1;
    },
  });
  await vi.waitFor(() => expect(follower.failure()?.message).toBe("the disk is full"));
  for (const before = looks; looks < before + 3; ) {
    expect(follower.failure()).toBeDefined();
    grow();
    await new Promise(setImmediate);
  }
  expect(follower.failure()).toBeDefined();
  broken = false;
  await vi.waitFor(() => expect(settled).toBe(1), 10_000);
  await follower.stop();
  expect(follower.failure()).toBeUndefined();
});
