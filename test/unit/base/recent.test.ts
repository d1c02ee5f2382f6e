import fc from "fast-check";
import { expect, test } from "vitest";
import { Recent } from "../../../src/base/recent.ts";

test("the latest keys are known, and never more than twice as many, whatever comes", () => {
  const key = fc.integer({ min: 0, max: 40 }).map(String);
  fc.assert(
    fc.property(fc.array(key, { maxLength: 300 }), fc.integer({ min: 1, max: 8 }), (keys, most) => {
      const recent = new Recent<string>(most);
      const made: string[] = [];
      keys.forEach((one, at) => {
        const latest = new Set<string>();
        for (let back = at - 1; back >= 0 && latest.size < most; back--)
          latest.add(keys[back] ?? "");
        const before = made.length;
        const value = recent.take(one, (name) => {
          made.push(name);
          return `value of ${name}`;
        });
        expect(value).toBe(`value of ${one}`);
        if (latest.has(one)) expect(made.length).toBe(before);
      });
      const every = Array.from({ length: 41 }, (_, at) => String(at));
      const kept = every.filter((one) => new Set(keys).has(one) && recent.get(one) !== undefined);
      expect(kept.length).toBeLessThanOrEqual(2 * most);
    }),
  );
});

test("a long key is made anew each time", () => {
  const recent = new Recent<object>(10, 4);
  const make = () => ({});
  expect(recent.take("four", make)).toBe(recent.take("four", make));
  expect(recent.take("fives", make)).not.toBe(recent.take("fives", make));
});
