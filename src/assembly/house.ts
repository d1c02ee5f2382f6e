import { join } from "node:path";
import type { Approvals } from "../approvals/approvals.ts";
import type { ApprovalStore } from "../approvals/store.ts";
import type { Audit } from "../audit/audit.ts";
import { type Clock, systemClock } from "../base/clock.ts";
import type { NonEmpty } from "../base/non-empty.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Secret } from "../base/secret.ts";
import type { ProcessPlace } from "../config/processes.ts";
import type { Config } from "../config/schema.ts";
import { createSeal } from "../console/seal.ts";
import { mountsOf } from "../core/mount.ts";
import type { Acts } from "../core/record.ts";
import type { Credentials } from "../credentials/credentials.ts";
import { Meter } from "../gateway/meter.ts";
import type { Parts } from "../gateway/parts.ts";
import { Room } from "../gateway/room.ts";
import { recorders } from "../gateway/watch.ts";
import type { SessionStore } from "../identity/sessions/store.ts";
import type { LivePolicy, Reload } from "../policy/watch-file.ts";
import { fileSpools } from "../spool/file.ts";
import type { Problem } from "../yaml/problem.ts";
import { openAudit } from "./audit.ts";
import { openCredentials } from "./credentials.ts";
import type { HookSecrets } from "./hook-secrets.ts";
import { type IdentityParts, openIdentity } from "./identity.ts";
import { type Keys, openKeys } from "./keys-file.ts";
import { watchLag } from "./lag.ts";
import { openLaw } from "./law.ts";
import type { HouseMaskers } from "./maskers.ts";
import { openMasking, withNamed } from "./masking.ts";
import { openOutside } from "./outside.ts";
import { policyAct } from "./policy-act.ts";
import { openProtocols } from "./protocols.ts";
import { openProvenance, type Provenance } from "./provenance.ts";
import { openRecordings, type Recordings } from "./recordings-file.ts";
import { withReversals } from "./reversals.ts";
import { openState, type State, stateDir } from "./state.ts";

/** Everything that one process of the gateway is made of, open and ready. */
export interface House {
  readonly config: Config;
  readonly parts: Parts;
  readonly policy: LivePolicy;
  readonly approvals: Approvals;
  readonly approvalStore: ApprovalStore;
  readonly hooks: HookSecrets;
  readonly audit: Audit;
  readonly recordings: Recordings;
  readonly identity: IdentityParts;
  readonly sessions: SessionStore;
  readonly keys: Keys;
  readonly meter: Meter;
  readonly provenance: Provenance;
  /** Closes every store; to be called when no exchange is open any more. */
  close(): Promise<void>;
}

export interface HouseOptions {
  /** Takes one line of JSON per exchange. */
  readonly out: (line: string) => void;
  /** Told of faults: our bugs and outages. Never given a secret. */
  readonly fault: (where: string, error: unknown) => void;
  /** Told what came of each reload of the policy. */
  readonly report?: (reload: Reload) => void;
  readonly clock?: Clock;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Which of several processes this is; absent: the only one. */
  readonly process?: ProcessPlace;
}

const SPOOL_MEMORY = 1_048_576;
// Milliseconds that the event loop may be late before more work is turned away.
const MOST_LAG = 2000;
// A push may be large, and git hears a refusal only when it has sent all of it.
const drain = { bytes: 2_147_483_648, within: 300_000 };
const drainStranger = { bytes: 1_048_576, within: 10_000 };

type Closer = () => void | Promise<void>;
type Furniture = Omit<House, "close">;

/** Opens the stores and binds the policy; on a bad policy every problem at once, and nothing stays open. */
export async function openHouse(
  config: Config,
  options: HouseOptions,
): Promise<Result<House, NonEmpty<Problem>>> {
  const open: Closer[] = [];
  const close = async () => {
    for (const one of open.splice(0).reverse()) await one();
  };
  const furniture = await furnish(config, options, (closer) => open.push(closer)).catch(
    async (error) => {
      await close();
      throw error;
    },
  );
  if (furniture.ok) return ok({ ...furniture.value, close });
  await close();
  return furniture;
}

async function furnish(
  config: Config,
  options: HouseOptions,
  closing: (closer: Closer) => void,
): Promise<Result<Furniture, NonEmpty<Problem>>> {
  const { clock = systemClock, env = process.env, out } = options;
  const meter = new Meter(clock);
  const fault = counted(meter, options.fault);
  const keys = openKeys(config.keys ?? join(stateDir(config), "keys"));
  const masking = openMasking(config, keys.fingerprint, env, out);
  if (!masking.ok) return masking;
  const { maskers } = masking.value;
  const stored = await openCredentials(config, { clock, env }, fault);
  if (!stored.ok) return misconfigured(stored.error);
  const { value: credentials } = stored;
  closing(() => credentials.close());
  const secrets = withNamed(() => credentials.current(), masking.value.named);
  const state = await openState(config, keys, clock, env);
  if (!state.ok) return misconfigured(state.error);
  closing(() => state.value.close());
  const { approvals: approvalStore, redis, sessions } = state.value;
  const outside = openOutside(config, { store: approvalStore, clock, env, fault });
  if (!outside.ok) return misconfigured(outside.error);
  const identity = await openIdentity(config, sessions, clock, fault);
  if (!identity.ok) return misconfigured(identity.error);
  const shared = company(redis, options);
  const opened = await openAudit(config, { clock, env, out, mask: maskers.maskText, ...shared });
  if (!opened.ok) return misconfigured(opened.error);
  const audit = opened.value;
  closing(() => audit.close());
  const law = openLaw(config, {
    clock,
    keys,
    maskers: withReversals(config, state.value, { clock, fault, keys, maskers }, closing),
    credentials,
    acts: audit,
    approvalStore,
    counters: state.value.counters,
    report: recorded(options.report, audit, fault),
  });
  if (!law.ok) return law;
  closing(() => law.value.approvals.close());
  closing(() => law.value.policy.close());
  closing(outside.value.start(audit));
  const place = options.process;
  const observers = { clock, env, keys, audit, maskers, credentials, secrets, fault, place };
  const watching = await openWatchers(config, observers, state.value, closing);
  if (!watching.ok) return misconfigured(watching.error);
  const { recorder, recordings, provenance } = watching.value;
  const parts = partsOf(config, {
    room: roomOf(config, clock, closing),
    audit: meter.metered(audit),
    recorder,
    authenticator: identity.value.authenticator,
    clock,
    credentials,
    fault,
    keys,
    maskers,
    secrets,
    policy: law.value.policy.current,
  });
  const watchers = { recordings, provenance, identity: identity.value };
  const rooms = { approvalStore, audit, sessions, keys, ...watchers };
  return ok({ config, parts, ...law.value, ...rooms, hooks: outside.value.hooks, meter });
}

function company(redis: State["redis"], { process }: HouseOptions) {
  return {
    ...(redis === undefined ? {} : { redis }),
    ...(process === undefined ? {} : { process }),
  };
}

function roomOf(config: Config, clock: Clock, closing: (closer: Closer) => void): Room {
  const lag = watchLag(clock, MOST_LAG);
  closing(async () => lag.stop());
  return new Room(config.limits.exchanges, lag.behind);
}

/** Counts each fault by the first word alone of where it was met: issuers have names. */
function counted(meter: Meter, fault: HouseOptions["fault"]): HouseOptions["fault"] {
  return (where, error) => {
    meter.fault(where.split(" ")[0] ?? where);
    fault(where, error);
  };
}

/** Whoever watches exchanges: the recordings, and the witness of what becomes of suggestions. */
async function openWatchers(
  config: Config,
  parts: Omit<Parameters<typeof openRecordings>[1], "credentials" | "forget"> & {
    readonly credentials: Credentials;
    readonly secrets: () => readonly Secret[];
  },
  { provenance: store }: State,
  closing: (closer: Closer) => void,
) {
  const provenance = openProvenance(config, { ...parts, store });
  closing(() => provenance.settled());
  closing(provenance.start());
  const { forget } = provenance;
  const recording = await openRecordings(config, { ...parts, credentials: parts.secrets, forget });
  if (!recording.ok) return recording;
  const recordings = recording.value;
  closing(recordings.close);
  const recorder = recorders([recordings.recorder, provenance.recorder]);
  return ok({ recorder, recordings, provenance });
}

/** Writes down what came of each reload of the policy, and tells it. */
function recorded(
  report: HouseOptions["report"],
  audit: Acts,
  fault: HouseOptions["fault"],
): (reload: Reload) => void {
  return (reload) => {
    report?.(reload);
    audit.act(policyAct(reload)).catch((error) => fault("audit", error));
  };
}

interface Opened
  extends Pick<
    Parts,
    "audit" | "authenticator" | "clock" | "fault" | "policy" | "recorder" | "room"
  > {
  readonly credentials: Credentials;
  readonly keys: Keys;
  readonly maskers: HouseMaskers;
  readonly secrets: () => readonly Secret[];
}

function partsOf(config: Config, opened: Opened): Parts {
  const { credentials, keys, maskers, secrets, clock, ...rest } = opened;
  const spool = join(stateDir(config), "spool");
  return {
    clock,
    mounts: mountsOf(config.connections),
    protocols: openProtocols(config, credentials, spool, clock),
    openSpool: fileSpools(spool, SPOOL_MEMORY),
    credentialMasker: () => maskers.exact(secrets()),
    seal: createSeal(keys.binding, "thinking"),
    limits: { body: config.limits.body, drain, drainStranger },
    forwardIdentity: config.forward.identity,
    ...rest,
  };
}

function misconfigured(message: string): Result<never, NonEmpty<Problem>> {
  return err([{ file: "config", line: 1, column: 1, message }]);
}
