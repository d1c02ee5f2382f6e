import { RawDesk } from "../api/raw-desk.ts";
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

/** Who may take part in opening raw recordings, and for how long. */
export function rawDesk({ config, recordings }: House): RawDesk {
  const { raw: openings, store } = recordings;
  const people = config.recording.raw?.people ?? [];
  return new RawDesk({ openings, flush: () => store.flush(), people });
}
