import { expect, test } from "vitest";
import { openHouse, someFacts } from "./house.ts";

test("counts what waits, what it came to, and how long people and gateway took", async () => {
  const house = await openHouse();
  const first = await house.park(someFacts());
  const settled = first.settle(new AbortController().signal);
  await house.park(someFacts({ body: "{}" }));
  house.clock.advance(4000);
  await house.say(first.approval, "approve");
  await settled;
  const text = await house.approvals.metrics();
  expect(text.split("\n")).toEqual(
    expect.arrayContaining([
      "sallyport_approvals_pending 1",
      "sallyport_approvals_oldest_pending_seconds 4",
      "sallyport_approvals_parked 0",
      'sallyport_approvals_reached_total{state="pending"} 2',
      'sallyport_approvals_reached_total{state="consumed"} 1',
      'sallyport_approvals_reached_total{state="expired"} 0',
      'sallyport_approvals_decision_seconds_bucket{le="1"} 0',
      'sallyport_approvals_decision_seconds_bucket{le="5"} 1',
      "sallyport_approvals_decision_seconds_sum 4",
      "sallyport_approvals_resume_seconds_count 1",
    ]),
  );
  for (const line of text.trimEnd().split("\n"))
    expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]*"\})? \d+(\.\d+)?)$/);
  await house.end();
});
