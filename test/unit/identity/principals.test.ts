import { expect, test } from "vitest";
import { Principals } from "../../../src/identity/principals.ts";
import { grant } from "./grants.ts";

const { principal } = grant();

test("who says the same is the same object, and whoever says another thing is not", () => {
  const principals = new Principals();
  const first = principals.one(structuredClone(principal));
  expect(first).toEqual(principal);
  expect(principals.one(structuredClone(principal))).toBe(first);
  const other = { ...structuredClone(principal), groups: ["another"] };
  expect(principals.one(other)).toBe(other);
  const claimed = { ...principal, claims: { ...principal.claims, extra: "1" } };
  expect(principals.one(claimed)).toBe(claimed);
  expect(principals.one(structuredClone(principal))).toBe(first);
});

test("those that were seen longest ago are forgotten", () => {
  const principals = new Principals();
  const first = principals.one({ ...principal });
  for (let i = 0; i < 1000; i++) principals.one({ ...principal, subject: `${i}` });
  const again = { ...principal };
  expect(principals.one(again)).toBe(again);
  expect(again).not.toBe(first);
});
