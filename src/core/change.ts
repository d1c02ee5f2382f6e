/** A file's content on one side of a change: its bytes, that there is no such file, or that it cannot be had. */
export type Content =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "none" }
  | { readonly kind: "unknown" };

/** A file that a request would change. */
export interface FileChange {
  readonly path: string;
  /** The ref on which it changes, where the request changes several. */
  readonly ref?: string;
  /** Git's octal modes, where they are known; `120000` is a symbolic link, `160000` another repository's commit. */
  readonly modes?: { readonly before?: string; readonly after?: string };
  /** What it was and what it would be: asks the upstream where the request does not say. Never rejects. */
  read(): Promise<{ readonly before: Content; readonly after: Content }>;
}

/** The files that a request would change. `complete` is false where there may be others. */
export interface ChangedFiles {
  readonly files: readonly FileChange[];
  readonly complete: boolean;
}

export const noContent: Content = { kind: "none" };
export const unknownContent: Content = { kind: "unknown" };
