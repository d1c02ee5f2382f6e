import { dirname, join } from "node:path";
import type { Counters } from "../actions/limit/index.ts";
import { openEmbeddedStore } from "../approvals/embedded.ts";
import type { ApprovalStore } from "../approvals/store.ts";
import type { Clock } from "../base/clock.ts";
import type { Config } from "../config/schema.ts";
import { fileSessions } from "../identity/sessions/file.ts";
import type { SessionStore } from "../identity/sessions/store.ts";
import { embeddedCounters } from "./counters.ts";

/** What outlives a request: approvals, sessions, counters. */
export interface State {
  readonly approvals: ApprovalStore;
  readonly sessions: SessionStore;
  readonly counters: Counters;
}

/** Where this process keeps what is its own: keys, spools, and the embedded state. */
export function stateDir({ state, audit }: Config): string {
  return state.kind === "embedded" ? state.dir : dirname(audit.dir);
}

/** Opens the state that the config names; rejects when it cannot be used. */
export async function openState(config: Config, clock: Clock): Promise<State> {
  const dir = stateDir(config);
  return {
    approvals: await openEmbeddedStore({ dir: join(dir, "approvals"), clock }),
    sessions: await fileSessions(join(dir, "sessions"), clock),
    counters: embeddedCounters(),
  };
}
