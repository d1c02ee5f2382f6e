/** What a pull request would do if it were merged now. */
export interface PullRequest {
  /** The branch that it goes into. */
  readonly base: string;
  /** The commit that would be merged. */
  readonly head: string;
}

/** What an opaque node id of GitHub's GraphQL API turned out to be. */
export interface Node {
  /** `acme/app`, where it is a repository or belongs to one. */
  readonly repository?: string;
  /** The full ref, where it is one. */
  readonly ref?: string;
  /** Where it would be merged, where it is a pull request. */
  readonly pull?: PullRequest;
  /** Where it is a user or an organisation. */
  readonly login?: string;
}

/**
 * Asks an upstream about what a request names only indirectly. `host` is a resource's brand host (`github.com`),
 * `resource` a whole one (`github.com/acme/app`). Resolves `undefined` for what the upstream does not know or
 * hides; rejects when it could not be asked.
 */
export interface Lookup {
  node(host: string, id: string): Promise<Node | undefined>;
  /** `acme/app` for the number in `/repositories/{id}`. */
  repository(host: string, id: string): Promise<string | undefined>;
  defaultBranch(resource: string): Promise<string | undefined>;
  /** The pull request of that number. */
  pullRequest(resource: string, number: string): Promise<PullRequest | undefined>;
}
