import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmbeddedStore } from "../../../src/approvals/embedded.ts";
import { ManualClock } from "./scene.ts";
import { mostPending, sinks, storeSuite } from "./store-suite.ts";

storeSuite("embedded", async () => {
  const dir = await mkdtemp(join(tmpdir(), "approvals-"));
  const clock = new ManualClock();
  let store = await openEmbeddedStore({ dir, clock, sinks, mostPending });
  return {
    store,
    advance: (ms) => clock.advance(ms),
    again: async () => {
      // As after a kill: nothing is closed, and the lock is a dead process's.
      await rm(join(dir, "lock"));
      store = await openEmbeddedStore({ dir, clock, sinks, mostPending });
      return store;
    },
    end: async () => {
      await store.close();
      await rm(dir, { recursive: true });
    },
  };
});
