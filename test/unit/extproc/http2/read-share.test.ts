import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { ReadShare } from "../../../../src/extproc/http2/read-share.ts";

test("what all have spent together is gone for this turn of the event loop, and there again in the next", async () => {
  const share = new ReadShare(4);
  expect(share.left).toBe(4);
  share.spend(1);
  share.spend(2);
  expect(share.left).toBe(1);
  share.spend(7);
  expect(share.left).toBe(0);
  await turn();
  expect(share.left).toBe(4);
});
