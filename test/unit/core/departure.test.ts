import { expect, test } from "vitest";
import { Departure } from "../../../src/core/departure.ts";

/** Hears of a departure, and keeps what it heard. */
function hearer(departure: Departure) {
  const heard: unknown[] = [];
  return { heard, handleEvent: () => void heard.push(departure.reason) };
}

test("tells all who listen, once, and why", () => {
  const departure = new Departure();
  const [first, second, deaf] = [hearer(departure), hearer(departure), hearer(departure)];
  for (const one of [first, deaf, second]) departure.addEventListener("abort", one);
  departure.removeEventListener("abort", deaf);
  expect(departure.aborted).toBe(false);
  departure.abort("why");
  departure.abort("another");
  expect([first.heard, second.heard, deaf.heard]).toEqual([["why"], ["why"], []]);
  expect(departure).toMatchObject({ aborted: true, reason: "why" });
});

test("whoever stops another from listening meanwhile stops nobody who is being told", () => {
  const departure = new Departure();
  const last = hearer(departure);
  departure.addEventListener("abort", {
    handleEvent: () => departure.removeEventListener("abort", last),
  });
  departure.addEventListener("abort", last);
  departure.abort();
  expect(last.heard).toEqual([undefined]);
});

test("whoever comes too late hears nothing: it must look", () => {
  const departure = new Departure();
  departure.abort();
  const late = hearer(departure);
  departure.addEventListener("abort", late);
  departure.abort();
  expect(late.heard).toEqual([]);
  expect(departure.aborted).toBe(true);
});
