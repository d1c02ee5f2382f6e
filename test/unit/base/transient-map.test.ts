import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { TransientMap } from "../../../src/base/transient-map.ts";

test("it holds what a Map would", () => {
  const key = fc.integer({ min: 0, max: 9 });
  const step = fc.record({ key, value: fc.option(fc.string(), { nil: undefined }) });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const own = new TransientMap<number, string>();
      const map = new Map<number, string>();
      for (const { key, value } of steps) {
        if (value === undefined) expect(own.delete(key)).toBe(map.delete(key));
        else {
          own.set(key, value);
          map.set(key, value);
        }
        expect(own.size).toBe(map.size);
        expect(own.get(key)).toBe(map.get(key));
      }
      expect(own.entries()).toEqual([...map]);
      expect(own.keys()).toEqual([...map.keys()]);
      expect(own.values()).toEqual([...map.values()]);
    }),
  );
});

/** Collects what is young, and none of what is old. */
function collectYoung(): void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as (how: { readonly type: "minor" }) => void;
  collect({ type: "minor" });
}

interface Coming {
  set(key: number, value: unknown): unknown;
  delete(key: number): boolean;
}

/** Bytes that stay when so many entries have come and gone, a hundred at a time. */
function left(map: Coming, entries: number): number {
  for (let at = 0; at < 4; at++) collectYoung();
  const before = process.memoryUsage().heapUsed;
  for (let at = 0; at < entries; at++) {
    map.set(at, JSON.parse(`[${"1.5,".repeat(1000)}2]`));
    map.delete(at - 100);
    if (at % 500 === 0) collectYoung();
  }
  for (let at = 0; at < 4; at++) collectYoung();
  return process.memoryUsage().heapUsed - before;
}

test("what has left is gone at the next collection of what is young", () => {
  // A hundred are there, of 8 KB each, and 160 MB have been.
  expect(left(new TransientMap(), 20_000)).toBeLessThan(8_000_000);
});
