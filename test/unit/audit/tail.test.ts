import { describe, expect, it } from "vitest";
import type { AuditRecord } from "../../../src/audit/record/record.ts";
import { frameHeader } from "../../../src/audit/wal/frame.ts";
import { type Framed, Tail } from "../../../src/audit/wal/tail.ts";

const framed = (first: number, count: number, bytes = 100): readonly Framed[] =>
  Array.from({ length: count }, (_, index) => ({
    record: { n: first + index } as AuditRecord,
    payload: Buffer.alloc(bytes),
  }));
const numbers = (found: ReturnType<Tail["from"]>): readonly number[] | undefined =>
  found?.map(({ record }) => record.n);
const frame = frameHeader + 100;

describe("the newest records", () => {
  const tail = new Tail();
  tail.take(framed(0, 3), { segment: "a", offset: 50 });
  tail.take(framed(3, 2), { segment: "b", offset: 70 });

  it.each([
    ["from the first", { segment: "a", offset: 50 }, [0, 1, 2, 3, 4]],
    ["from one of them", { segment: "a", offset: 50 + frame }, [1, 2, 3, 4]],
    ["from the end of a segment, the next one's", { segment: "a", offset: 50 + 3 * frame }, [3, 4]],
    ["from the end of all, none", { segment: "b", offset: 70 + 2 * frame }, []],
    ["not from before the first", { segment: "a", offset: 10 }, undefined],
    ["not from an earlier segment", { segment: "0", offset: 50 }, undefined],
    ["not from between two frames", { segment: "a", offset: 51 }, undefined],
    ["not from beyond the end", { segment: "b", offset: 71 + 2 * frame }, undefined],
  ] as const)("are given %s", (_, position, expected) => {
    expect(numbers(tail.from(position))).toEqual(expected);
  });

  it("are not more than 16 MiB of payloads, and what is dropped is not claimed", () => {
    const full = new Tail();
    full.take(framed(0, 40, 1 << 20), { segment: "a", offset: 0 });
    expect(full.from({ segment: "a", offset: 0 })).toBeUndefined();
    const last = 39 * (frameHeader + (1 << 20));
    expect(numbers(full.from({ segment: "a", offset: last }))).toEqual([39]);
  });

  it("are kept until all who follow have read them, and the last of them longer", () => {
    const followed = new Tail();
    const [one, other] = [{}, {}];
    const place = (count: number) => ({ segment: "a", offset: count * frame });
    followed.take(framed(0, 5), place(0));
    followed.passed(one, place(3));
    expect(followed.from(place(1))).toBeUndefined();
    followed.passed(other, place(4));
    expect(numbers(followed.from(place(3)))).toEqual([3, 4]);
    followed.passed(one, place(5));
    followed.passed(other, place(5));
    expect(numbers(followed.from(place(5)))).toEqual([]);
    followed.take(framed(5, 1), place(5));
    expect(numbers(followed.from(place(5)))).toEqual([5]);
    // Who goes back reads the disk, and holds up nobody.
    followed.passed(other, place(0));
    followed.take(framed(6, 1), place(6));
    expect(followed.from(place(0))).toBeUndefined();
    expect(numbers(followed.from(place(6)))).toEqual([6]);
  });

  it("are none at first", () => {
    expect(new Tail().from({ segment: "a", offset: 0 })).toBeUndefined();
  });
});
