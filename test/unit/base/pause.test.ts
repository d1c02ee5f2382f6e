import { expect, test } from "vitest";
import { Pause } from "../../../src/base/pause.ts";
import { ManualClock } from "../../contract/approvals/scene.ts";

async function isOver(pause: Promise<void>): Promise<boolean> {
  return Promise.race([
    pause.then(() => true),
    new Promise<boolean>((resolve) => setImmediate(() => resolve(false))),
  ]);
}

test("a pause of a time lasts that long, whatever is new, and ends when its worker is stopped", async () => {
  const clock = new ManualClock();
  const pause = new Pause(clock);
  const first = pause.for(50);
  pause.stir();
  expect(await isOver(first)).toBe(false);
  clock.advance(49);
  expect(await isOver(first)).toBe(false);
  clock.advance(1);
  expect(await isOver(first)).toBe(true);
  const second = pause.for(60);
  pause.stop();
  expect(await isOver(second)).toBe(true);
  expect(clock.timers).toBe(0);
  expect(pause.stopped).toBe(true);
  expect(await isOver(pause.for(70))).toBe(true);
  expect(await isOver(pause.untilStirred())).toBe(true);
});

test("one that heeds what is new ends with it, or after its time where it has one", async () => {
  const clock = new ManualClock();
  const pause = new Pause(clock);
  // What was new before it is over: who works asks for that first.
  pause.stir();
  const endless = pause.untilStirred();
  expect(await isOver(endless)).toBe(false);
  expect(clock.timers).toBe(0);
  pause.stir();
  expect(await isOver(endless)).toBe(true);
  const timed = pause.untilStirred(30);
  clock.advance(30);
  expect(await isOver(timed)).toBe(true);
  const stirred = pause.untilStirred(30);
  pause.stir();
  expect(await isOver(stirred)).toBe(true);
  expect(clock.timers).toBe(0);
});
