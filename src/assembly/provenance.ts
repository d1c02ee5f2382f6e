import { createHmac } from "node:crypto";
import { join } from "node:path";
import type { Audit } from "../audit/audit.ts";
import type { Clock } from "../base/clock.ts";
import type { Config } from "../config/schema.ts";
import type { Recorder } from "../core/recording.ts";
import type { Credentials } from "../credentials/credentials.ts";
import { commitsIn, failedIn } from "../protocols/committed.ts";
import { filePackSpools } from "../protocols/git/pack/file.ts";
import { protocols } from "../protocols/index.ts";
import { brandOf } from "../protocols/resource.ts";
import type { Conversation } from "../protocols/said/reader.ts";
import { apiClient } from "../protocols/upstream/client.ts";
import { fetchClient } from "../protocols/upstream/fetch-client.ts";
import { upstreamObjects } from "../protocols/upstream/objects.ts";
import type { CommitProvenance, Sighting } from "../provenance/answer.ts";
import { longestFile } from "../provenance/change.ts";
import { patient } from "../provenance/patient.ts";
import { type Registrar, registrar } from "../provenance/registrar.ts";
import { type SealedBox, sealedBox } from "../provenance/sealed.ts";
import type { ProvenanceStore } from "../provenance/store.ts";
import { veil } from "../provenance/veil.ts";
import { witness } from "../provenance/witness.ts";
import type { Keys } from "./keys-file.ts";
import { upstreamAccess } from "./protocols.ts";
import { stateDir } from "./state.ts";

/** From a suggestion to the commit that took it in. */
export interface Provenance {
  readonly recorder: Recorder;
  readonly store: ProvenanceStore;
  /** Opens what jobs seal to it. */
  readonly box: SealedBox;
  readonly attested: Registrar["attested"];
  /** Where the repositories of CI jobs are: `github.com`. */
  readonly host: string;
  /** Resolves when all that went by so far is written down. */
  settled(): Promise<void>;
  /** Does away with every suggestion that a session was given, those on their way included. */
  forget(session: string): Promise<void>;
  /** Begins to do away with what is past its time, every hour; stops, and waits for no store any more, when the function returned is called. */
  start(): () => void;
}

interface ProvenanceParts {
  readonly clock: Clock;
  readonly keys: Keys;
  readonly audit: Pick<Audit, "act">;
  readonly credentials: Credentials;
  readonly store: ProvenanceStore;
  readonly fault: (where: string, error: unknown) => void;
}

const sweepEvery = 3_600_000;
const timeout = 120_000;
const longestPack = 1024 ** 3;

/** Sets up the witness, and the registrar behind it that reads commits from the upstream when they have gone by. */
export function openProvenance(config: Config, parts: ProvenanceParts): Provenance {
  const { clock, keys, audit, credentials, store, fault } = parts;
  const access = { ...upstreamAccess(config, credentials), timeout };
  // Without this key what is kept cannot be compared with anything.
  const key = createHmac("sha256", keys.fingerprint).update("provenance").digest();
  const hidden = veil(key);
  const spool = filePackSpools(join(stateDir(config), "spool"));
  const shelves = patient(store, clock, (error) => fault("provenance", error));
  const office = registrar({
    store: shelves,
    veil: hidden,
    now: clock.now,
    fetch: fetchClient({ ...access, spool, longest: longestPack, longestBlob: longestFile }),
    tip: upstreamObjects(apiClient(access), clock.now).tip,
    record: (sighting, found) => audit.act(actOf(sighting, found)),
    fault: (error) => fault("provenance", error),
  });
  return {
    recorder: witness({
      commitsIn,
      failedIn,
      listen: listenTo,
      suggested: office.suggested,
      delivered: office.delivered,
    }),
    store,
    box: sealedBox(key),
    attested: office.attested,
    host: hostOf(config),
    settled: office.settled,
    forget: async (session) => {
      // Once to find out that it can be done, and once for what was still on its way.
      await store.forget(session);
      await office.settled();
      await store.forget(session);
    },
    start: () => {
      const stop = sweeping(parts);
      return () => {
        stop();
        shelves.hurry();
      };
    },
  };
}

function hostOf({ connections }: Config): string {
  const code = connections.find(({ kind }) => kind === "git" || kind === "github-api");
  return code === undefined ? "github.com" : brandOf(code);
}

function sweeping({ clock, store, fault }: ProvenanceParts): () => void {
  let stop: () => void = () => undefined;
  const plan = () => {
    stop = clock.after(sweepEvery, () => {
      store.sweep(clock.now()).catch((error) => fault("provenance", error));
      plan();
    });
  };
  plan();
  return () => stop();
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

/** Listens to what is said in one exchange of that protocol, if anything is. */
function listenTo(name: string): Conversation | undefined {
  for (const protocol of protocols) if (protocol.name === name) return protocol.listen?.("code");
  return undefined;
}
