import { approveAction } from "../actions/approve/index.ts";
import { type ActionParts, builtinActions } from "../actions/index.ts";
import type { Counters } from "../actions/limit/index.ts";
import { type Approvals, createApprovals } from "../approvals/approvals.ts";
import type { ApprovalStore } from "../approvals/store.ts";
import type { Clock } from "../base/clock.ts";
import type { NonEmpty } from "../base/non-empty.ts";
import { ok, type Result } from "../base/result.ts";
import { formatAddress } from "../config/address.ts";
import { issuerNames } from "../config/issuer-names.ts";
import type { Config } from "../config/schema.ts";
import type { Acts } from "../core/record.ts";
import type { Credentials } from "../credentials/credentials.ts";
import { needOf } from "../credentials/need.ts";
import { loadPolicy } from "../policy/file.ts";
import type { Vocabulary } from "../policy/policy.ts";
import { type LivePolicy, type Reload, watchPolicy } from "../policy/watch-file.ts";
import { protocols } from "../protocols/index.ts";
import { operationNames } from "../protocols/operation-names.ts";
import type { Problem } from "../yaml/problem.ts";
import type { Keys } from "./keys-file.ts";
import type { HouseMaskers } from "./maskers.ts";

/** The policy, and the people it may ask. */
export interface Law {
  readonly policy: LivePolicy;
  readonly approvals: Approvals;
}

export interface LawParts {
  readonly clock: Clock;
  readonly keys: Keys;
  readonly maskers: HouseMaskers;
  readonly credentials: Credentials;
  readonly approvalStore: ApprovalStore;
  readonly counters: Counters;
  /** Told what came of each reload of the policy. */
  readonly report: (reload: Reload) => void;
  /** Where what people do is written down. */
  readonly acts: Acts;
}

/** Binds the policy to its actions; a bad policy gives every problem at once. */
export function openLaw(config: Config, parts: LawParts): Result<Law, NonEmpty<Problem>> {
  const { clock, keys, maskers, credentials, counters } = parts;
  const approvals = createApprovals({
    store: parts.approvalStore,
    clock,
    defaults: config.approvals,
    key: keys.binding,
    masker: maskers.masker(["default"], "mark"),
    consoleUrl: consoleUrl(config),
    acts: parts.acts,
  });
  const vocabulary = vocabularyOf(config, {
    maskers,
    counters,
    approve: approveAction(approvals),
    credentials: {
      names: credentials.names,
      narrowing: credentials.narrowing,
      header: (name, { target, operations }, limits) =>
        credentials.header(name, target.connection, { ...needOf(operations), limits }),
    },
  });
  const loaded = loadPolicy(config.policy, vocabulary);
  if (!loaded.ok) return loaded;
  const { report } = parts;
  const policy = watchPolicy(config.policy, vocabulary, loaded.value, clock, report);
  return ok({ policy, approvals });
}

/** Where people find the console. */
export function consoleUrl({ approvals, listen }: Config): string {
  return approvals.console?.href ?? `http://${formatAddress(listen.api)}/`;
}

/** The words that a policy of this config may use. */
export function vocabularyOf(config: Config, actions: ActionParts): Vocabulary {
  return {
    actions: builtinActions(actions),
    connections: config.connections.map(({ name }) => name),
    operations: operationNames,
    issuers: issuerNames(config),
    protocols: protocols.map(({ name }) => name),
  };
}
