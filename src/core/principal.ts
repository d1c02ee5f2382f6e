/** Who asks, as the identity provider vouched. */
export interface Principal {
  /** Stable and unique: the issuer's configured name, a colon, the subject. */
  readonly id: string;
  /** The issuer's configured name, not its URL. */
  readonly issuer: string;
  readonly subject: string;
  /** Group names, without the `group:` that policy writes before them. */
  readonly groups: readonly string[];
  /** Verified claims, as the token carried them. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** The CI run, where the token names one. */
  readonly run?: Run;
}

/** A CI run, as its OIDC token names it. Ids are immutable, names are for people. */
export interface Run {
  readonly repository: string;
  readonly repositoryId: string;
  readonly repositoryOwnerId: string;
  readonly runId: string;
  readonly runAttempt: string;
  readonly actor: string;
  readonly actorId: string;
  readonly workflowRef: string;
  readonly jobWorkflowRef: string;
  readonly environment: string;
  readonly ref: string;
}
