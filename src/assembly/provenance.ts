import { createHmac } from "node:crypto";
import { join } from "node:path";
import type { Audit } from "../audit/audit.ts";
import type { Clock } from "../base/clock.ts";
import type { Config } from "../config/schema.ts";
import type { Recorder } from "../core/recording.ts";
import type { Credentials } from "../credentials/credentials.ts";
import { commitsIn } from "../protocols/committed.ts";
import { filePackSpools } from "../protocols/git/pack/file.ts";
import { protocols } from "../protocols/index.ts";
import { apiClient } from "../protocols/upstream/client.ts";
import { fetchClient } from "../protocols/upstream/fetch-client.ts";
import { upstreamObjects } from "../protocols/upstream/objects.ts";
import type { CommitProvenance, Sighting } from "../provenance/answer.ts";
import { fingerprinter } from "../provenance/fingerprints.ts";
import { registrar } from "../provenance/registrar.ts";
import type { ProvenanceStore } from "../provenance/store.ts";
import { witness } from "../provenance/witness.ts";
import type { Keys } from "./keys-file.ts";
import { upstreamAccess } from "./protocols.ts";
import { stateDir } from "./state.ts";

/** From a suggestion to the commit that took it in. */
export interface Provenance {
  readonly recorder: Recorder;
  readonly store: ProvenanceStore;
  /** Resolves when all that went by so far is written down. */
  settled(): Promise<void>;
}

interface ProvenanceParts {
  readonly clock: Clock;
  readonly keys: Keys;
  readonly audit: Pick<Audit, "act">;
  readonly credentials: Credentials;
  readonly store: ProvenanceStore;
  readonly fault: (where: string, error: unknown) => void;
}

const timeout = 120_000;
const longestPack = 1024 ** 3;

/** Sets up the witness, and the registrar behind it that reads commits from the upstream when they have gone by. */
export function openProvenance(config: Config, parts: ProvenanceParts): Provenance {
  const { clock, keys, audit, credentials, store, fault } = parts;
  const access = { ...upstreamAccess(config, credentials), timeout };
  // Only who has this key can make fingerprints that match.
  const key = createHmac("sha256", keys.fingerprint).update("provenance").digest();
  const prints = fingerprinter(key);
  const spool = filePackSpools(join(stateDir(config), "spool"));
  const office = registrar({
    store,
    prints,
    now: clock.now,
    fetch: fetchClient({ ...access, spool, longest: longestPack }),
    tip: upstreamObjects(apiClient(access), clock.now).tip,
    record: (sighting, found) => audit.act(actOf(sighting, found)),
    fault: (error) => fault("provenance", error),
  });
  return {
    recorder: witness({
      prints,
      commitsIn,
      listen: (name) => protocols.find((protocol) => protocol.name === name)?.listen?.(),
      suggested: office.suggested,
      delivered: office.delivered,
    }),
    store,
    settled: office.settled,
  };
}

/** Ties an exchange's record to the commit that it brought. */
function actOf({ record = "", session, principal }: Sighting, found: CommitProvenance) {
  const { commit, repository, evidence } = found;
  return {
    action: "commit.seen",
    actor: principal,
    subject: `${repository}@${commit}`,
    outcome: "success" as const,
    detail: `record ${record}, session ${session}, evidence ${evidence}`,
  };
}
