import { expect, test } from "vitest";
import { Batch } from "../../../src/approvals/batch.ts";

test("what is asked during a call goes together with the next, and each gets its own answer", async () => {
  const calls: (readonly number[])[] = [];
  const batch = new Batch(3, async (asked: readonly number[]) => {
    calls.push(asked);
    await Promise.resolve();
    return asked.map((one) => one * 10);
  });
  const answers = await Promise.all([1, 2, 3, 4, 5].map((one) => batch.ask(one)));
  expect(answers).toEqual([10, 20, 30, 40, 50]);
  expect(calls).toEqual([[1], [2, 3, 4], [5]]);
});

test("a call that fails fails those in it alone, and the next is made all the same", async () => {
  const batch = new Batch(2, async (asked: readonly string[]) => {
    if (asked.includes("bad")) throw new Error("no");
    return asked;
  });
  const asked = ["one", "bad", "beside", "after"].map((one) => batch.ask(one));
  const came = await Promise.allSettled(asked);
  expect(came.map(({ status }) => status)).toEqual([
    "fulfilled",
    "rejected",
    "rejected",
    "fulfilled",
  ]);
});

test("a call that does not answer for each answers for none", async () => {
  const batch = new Batch(9, async () => []);
  await expect(batch.ask("me")).rejects.toThrow("not every one");
});
