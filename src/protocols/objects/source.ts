/** What a commit says of itself, as far as changes go. */
export interface Commit {
  readonly tree: string;
  readonly parents: readonly string[];
}

/** One line of a tree, as git stores it: octal mode without leading zeros (`40000` is a directory). */
export interface TreeEntry {
  readonly mode: string;
  readonly name: string;
  readonly id: string;
}

/**
 * Git objects that the upstream already has. `resource` is a repository's (`github.com/acme/app`); ids are whole.
 * Resolves `undefined` for what the upstream does not know or does not tell in full; rejects when it could not be asked.
 */
export interface ObjectSource {
  commit(resource: string, id: string): Promise<Commit | undefined>;
  tree(resource: string, id: string): Promise<readonly TreeEntry[] | undefined>;
  /** The commit that a full ref points to; `HEAD` is the default branch. `null` where there is no such ref. */
  tip(resource: string, ref: string): Promise<string | null | undefined>;
  /** The best common ancestor of two commits that the upstream has. */
  mergeBase(resource: string, a: string, b: string): Promise<string | undefined>;
}

/**
 * What files hold that the upstream has already. Resolves `undefined` for what it does not tell, `null` where it says
 * that there is no such file; rejects when it could not be asked.
 */
export interface ContentSource {
  blob(resource: string, id: string): Promise<Uint8Array | undefined>;
  /** `branch` without `refs/heads/`. */
  file(resource: string, branch: string, path: string): Promise<Uint8Array | null | undefined>;
}

/** Commits and trees of one repository, wherever they come from. */
export interface ObjectReader {
  commit(id: string): Promise<Commit | undefined>;
  tree(id: string): Promise<readonly TreeEntry[] | undefined>;
}

/** Objects that come with the request, and what may help to read them. */
export interface FreshObjects extends ObjectReader {
  /** A tree that the upstream has: the client may have sent another one as its difference from it. */
  offer(id: string, entries: readonly TreeEntry[]): void;
}
