import { approverOf, named } from "../approvals/approver.ts";
import type { Principal } from "../core/principal.ts";
import type { CommitProvenance } from "../provenance/answer.ts";
import type { Exposure } from "../provenance/exposure.ts";
import type { ProvenanceStore } from "../provenance/store.ts";
import type { Envelope } from "../tlog/dsse.ts";

export interface ProvenanceDeskParts {
  readonly store: Pick<ProvenanceStore, "commit" | "commitsOf">;
  /** Resolves when all that went by so far is written down. */
  readonly settled: () => Promise<void>;
  /** `group:name` or principal ids that may read all of it; everybody may read of the commits that they brought. */
  readonly readers: readonly string[];
  /** An in-toto Statement of it, signed with the log's keys (DSSE). */
  readonly statement: (found: CommitProvenance) => Promise<Envelope>;
  /** Which secrets these sessions met; those exchanges alone that this caller made, where one is named. */
  readonly exposure: (sessions: readonly string[], caller?: string) => Promise<Exposure>;
}

/** What may be read of commits, by whom. */
export interface ProvenanceDesk {
  /** Undefined where it is not known, or not the caller's to read: nobody learns which. */
  commit(caller: Principal, id: string): Promise<CommitProvenance | undefined>;
  /** The commits that a session made or fed, oldest first, as far as the caller may read of them. */
  commitsOf(caller: Principal, session: string): Promise<readonly CommitProvenance[]>;
  /** An in-toto Statement of a commit that was read here, signed with the log's keys (DSSE). */
  statement(found: CommitProvenance): Promise<Envelope>;
  /** Which secrets these sessions met: in all their exchanges, or in the caller's own. */
  exposure(caller: Principal, sessions: readonly string[]): Promise<Exposure>;
}

export function provenanceDesk(parts: ProvenanceDeskParts): ProvenanceDesk {
  const { store, settled, readers, statement, exposure } = parts;
  const mayReadAll = (caller: Principal): boolean => named(approverOf(caller), readers);
  const mayRead = (caller: Principal, { seen }: CommitProvenance): boolean =>
    mayReadAll(caller) || seen.some(({ principal }) => principal === caller.id);
  return {
    statement,
    exposure: (caller, sessions) =>
      mayReadAll(caller) ? exposure(sessions) : exposure(sessions, caller.id),
    commit: async (caller, id) => {
      await settled();
      const found = /^[0-9a-f]{40,64}$/.test(id) ? await store.commit(id) : undefined;
      return found !== undefined && mayRead(caller, found) ? found : undefined;
    },
    commitsOf: async (caller, session) => {
      await settled();
      const found = await Promise.all(
        (await store.commitsOf(session)).map((id) => store.commit(id)),
      );
      return found.filter((one) => one !== undefined && mayRead(caller, one)) as CommitProvenance[];
    },
  };
}
