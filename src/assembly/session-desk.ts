import { RawDesk } from "../api/raw-desk.ts";
import { SessionDesk, type SessionDeskParts } from "../api/session-desk.ts";
import type { House } from "./house.ts";
import { listen } from "./listen.ts";

type Kept = Pick<SessionDeskParts, "store" | "refresh" | "reader" | "onlookers" | "custody">;

/** Who may look at recordings, and do what with them. */
export function sessionDesk(
  { config, audit, parts }: House,
  recordings: Kept,
  version: string,
): SessionDesk {
  const { store, refresh, reader, onlookers, custody } = recordings;
  return new SessionDesk({
    store,
    ...(refresh === undefined ? {} : { refresh }),
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
export function rawDesk(
  { config, recordings }: House,
  store: Pick<Kept["store"], "flush">,
): RawDesk {
  const { raw: openings } = recordings;
  const people = config.recording.raw?.people ?? [];
  return new RawDesk({ openings, flush: () => store.flush(), people });
}
