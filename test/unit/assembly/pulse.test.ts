import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { watchPulse } from "../../../src/assembly/processes/pulse.ts";

const pulse = { every: 5_000, misses: 6 };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Answers each question by that; how often it was asked, and whether it was said to hang. */
function watched(answer: (question: number) => Promise<unknown>) {
  const seen = { asked: 0, hangs: 0 };
  const stop = watchPulse(
    () => answer(++seen.asked),
    pulse,
    () => {
      seen.hangs += 1;
    },
  );
  return { seen, stop };
}

const silent = () => Promise.reject(new Error("no answer"));
const there = () => Promise.resolve(true);

test("six questions in a row without an answer are a process that hangs: said once, and asked no more", async () => {
  const { seen } = watched((question) => (question <= 2 ? there() : silent()));
  await vi.advanceTimersByTimeAsync(7 * pulse.every);
  expect(seen).toEqual({ asked: 7, hangs: 0 });
  await vi.advanceTimersByTimeAsync(60 * pulse.every);
  expect(seen).toEqual({ asked: 8, hangs: 1 });
});

test("an answer in between begins the count anew", async () => {
  const { seen, stop } = watched((question) => (question % 6 === 0 ? there() : silent()));
  await vi.advanceTimersByTimeAsync(100 * pulse.every);
  expect(seen).toEqual({ asked: 100, hangs: 0 });
  stop();
});

test("nothing is asked or said after its end, even of a question that is open", async () => {
  let late: () => void = () => undefined;
  const { seen, stop } = watched(() => new Promise((_, reject) => (late = reject)));
  await vi.advanceTimersByTimeAsync(pulse.every);
  stop();
  late();
  await vi.advanceTimersByTimeAsync(100 * pulse.every);
  expect(seen).toEqual({ asked: 1, hangs: 0 });
});
