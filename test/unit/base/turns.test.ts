import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { Turns } from "../../../src/base/turns.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("a few are served in each turn, in order, and whatever else is due comes between", async () => {
  const turns = new Turns(3);
  const seen: (number | string)[] = [];
  for (let i = 0; i < 7; i++) turns.add(() => seen.push(i));
  for (const other of ["a", "b", "c"]) {
    await turn();
    seen.push(other);
  }
  expect(seen).toEqual([0, 1, 2, "a", 3, 4, 5, "b", 6, "c"]);
  await turns.next();
  turns.add(() => seen.push("later"));
  await turn();
  expect(seen.at(-1)).toBe("later");
});

test("what is added during a turn waits for the next", async () => {
  const turns = new Turns(10);
  const seen: string[] = [];
  turns.add(() => turns.add(() => seen.push("second")));
  turns.add(() => seen.push("first"));
  await turn();
  expect(seen).toEqual(["first"]);
  await turn();
  expect(seen).toEqual(["first", "second"]);
});

test("what was done is let go, though there is always more to do", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const turns = new Turns(1);
  let busy = true;
  const again = (): void => {
    if (busy) turns.add(again);
  };
  turns.add(again);
  turns.add(again);
  const weak = (() => {
    const answer = { text: "whole" };
    turns.add(() => expect(answer.text).toBe("whole"));
    return new WeakRef(answer);
  })();
  for (let i = 0; i < 9; i++) await turn();
  collect();
  expect(weak.deref()).toBeUndefined();
  busy = false;
});
