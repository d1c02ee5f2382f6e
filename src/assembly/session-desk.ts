import { SessionDesk, type SessionDeskParts } from "../api/session-desk.ts";
import type { House } from "./house.ts";
import { listen } from "./listen.ts";

type Kept = Pick<SessionDeskParts, "store" | "reader" | "onlookers" | "custody">;

/** Who may look at recordings, and do what with them. */
export function sessionDesk(
  { config, audit, parts }: House,
  recordings: Kept,
  version: string,
): SessionDesk {
  const { store, reader, onlookers, custody } = recordings;
  return new SessionDesk({
    store,
    reader,
    onlookers,
    custody,
    listen,
    clock: parts.clock,
    act: (act) => audit.act(act),
    viewers: config.recording.viewers ?? config.approvals.approvers,
    version,
  });
}
