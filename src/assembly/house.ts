import { hostname } from "node:os";
import { join } from "node:path";
import type { Approvals } from "../approvals/approvals.ts";
import { type Audit, openAuditLog } from "../audit/audit-log.ts";
import { type Clock, systemClock } from "../base/clock.ts";
import type { NonEmpty } from "../base/non-empty.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Config } from "../config/schema.ts";
import { mountsOf } from "../core/mount.ts";
import { createCredentials } from "../credentials/credentials.ts";
import type { Parts } from "../gateway/parts.ts";
import { createAuthenticator } from "../identity/authenticator.ts";
import { type OidcIssuers, oidcIssuers } from "../identity/oidc.ts";
import type { SessionStore } from "../identity/sessions/store.ts";
import type { LivePolicy, Reload } from "../policy/watch-file.ts";
import { fileSpools } from "../spool/file.ts";
import type { Problem } from "../yaml/problem.ts";
import { collectorOf } from "./collector.ts";
import { type Keys, openKeys } from "./keys-file.ts";
import { openLaw } from "./law.ts";
import { openMaskers } from "./maskers.ts";
import { openProtocols } from "./protocols.ts";
import { openState, stateDir } from "./state.ts";

/** Everything that one process of the gateway is made of, open and ready. */
export interface House {
  readonly config: Config;
  readonly parts: Parts;
  readonly policy: LivePolicy;
  readonly approvals: Approvals;
  readonly audit: Audit;
  readonly issuers: OidcIssuers;
  readonly sessions: SessionStore;
  readonly keys: Keys;
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
}

const SPOOL_MEMORY = 1_048_576;
// A push may be large, and git hears a refusal only when it has sent all of it.
const drain = { bytes: 2_147_483_648, within: 300_000 };
const drainStranger = { bytes: 1_048_576, within: 10_000 };

/** Opens the stores and binds the policy; on a bad policy every problem at once, and nothing stays open. */
export async function openHouse(
  config: Config,
  options: HouseOptions,
): Promise<Result<House, NonEmpty<Problem>>> {
  const { clock = systemClock, env = process.env, fault } = options;
  const otlp = collectorOf(config, env);
  if (!otlp.ok) return err([{ file: "config", line: 1, column: 1, message: otlp.error }]);
  const { connections, identity, limits } = config;
  const dir = stateDir(config);
  const keys = openKeys(config.keys ?? join(dir, "keys"));
  const maskers = openMaskers(keys.fingerprint);
  const credentials = createCredentials(config.credentials, connections, { clock, env });
  const state = await openState(config, keys, clock, env);
  if (!state.ok) return err([{ file: "config", line: 1, column: 1, message: state.error }]);
  const { approvals: approvalStore, counters, sessions } = state.value;
  const close = async () => {
    credentials.close();
    await state.value.close();
  };
  const { report = () => undefined } = options;
  const lawParts = { clock, keys, maskers, credentials, approvalStore, counters, report };
  const law = openLaw(config, lawParts);
  if (!law.ok) {
    await close();
    return law;
  }
  const audit = await openAuditLog({
    dir: config.audit.dir,
    replica: replicaName(),
    clock,
    out: options.out,
    mask: maskers.maskText,
    ...otlp.value,
  });
  const issuers = oidcIssuers(identity.issuers, {
    clock,
    fetch,
    onProblem: (name, error) => fault(`issuer ${name}`, error),
  });
  const parts: Parts = {
    clock,
    mounts: mountsOf(connections),
    protocols: openProtocols(config, credentials, join(dir, "spool"), clock),
    authenticator: createAuthenticator({
      issuers,
      sessions,
      onProblem: (error) => fault("sessions", error),
    }),
    policy: law.value.policy.current,
    audit,
    openSpool: fileSpools(join(dir, "spool"), SPOOL_MEMORY),
    credentialMasker: () => maskers.exact(credentials.current()),
    limits: { body: limits.body, drain, drainStranger },
    fault,
  };
  return ok({
    config,
    parts,
    ...law.value,
    audit,
    issuers,
    sessions,
    keys,
    close: async () => {
      law.value.policy.close();
      await law.value.approvals.close();
      await close();
      await audit.close();
    },
  });
}

function replicaName(): string {
  return (
    hostname()
      .replace(/[^A-Za-z0-9._-]/g, "-")
      .slice(0, 64) || "sallyport"
  );
}
