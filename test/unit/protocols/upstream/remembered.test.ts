import { expect, it } from "vitest";
import { Remembered } from "../../../../src/protocols/upstream/remembered.ts";

let now = 0;
let asked = 0;
const memory = (capacity: number) =>
  new Remembered<string>({
    now: () => now,
    lifetime: 10,
    capacity,
    weigh: (value) => value.length,
  });
const ask = (value: string) => () => {
  asked += 1;
  return Promise.resolve(value);
};

it("asks once, again when the answer is too old, and after a failure", async () => {
  const kept = memory(100);
  asked = 0;
  expect(await Promise.all([kept.get("a", ask("x")), kept.get("a", ask("x"))])).toEqual(["x", "x"]);
  expect(asked).toBe(1);
  now += 11;
  await kept.get("a", ask("y"));
  expect(asked).toBe(2);
  await expect(kept.get("b", () => Promise.reject(new Error("away")))).rejects.toThrow("away");
  expect(await kept.get("b", ask("z"))).toBe("z");
});

it("forgets the oldest answers when they weigh too much", async () => {
  const kept = memory(10);
  await kept.get("a", ask("12345"));
  await kept.get("b", ask("12345"));
  asked = 0;
  await kept.get("b", ask("12345"));
  expect(asked).toBe(0);
  await kept.get("a", ask("12345"));
  expect(asked).toBe(1);
  await kept.get("huge", ask("x".repeat(100)));
  await kept.get("huge", ask("x".repeat(100)));
  expect(asked).toBe(3);
});
