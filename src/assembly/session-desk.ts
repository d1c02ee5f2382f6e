import { SessionDesk } from "../api/session-desk.ts";
import type { House } from "./house.ts";
import { listen } from "./listen.ts";

/** Who may look at recordings, and do what with them. */
export function sessionDesk(
  { config, recordings, audit, parts }: House,
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
