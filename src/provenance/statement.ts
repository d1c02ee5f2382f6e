import type { CommitProvenance } from "./answer.ts";

/** The media type of what is signed. */
export const statementType = "application/vnd.in-toto+json";
const predicateType = "https://sallyport.dev/attestations/commit-provenance/v1";

/** Where the records that a commit's provenance rests on stand in the transparency log. */
export interface LogReference {
  /** The newest signed checkpoint, as the log published it; absent while there is none. */
  readonly checkpoint?: string;
  readonly records: readonly { readonly record: string; readonly index: number }[];
}

/** A commit's provenance as an in-toto Statement v1: no line of source in it. */
export function statement(found: CommitProvenance, log: LogReference): object {
  const { commit, repository, ...predicate } = found;
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: `git+https://${repository}`, digest: { gitCommit: commit } }],
    predicateType,
    predicate: { ...predicate, log },
  };
}

const mostRecords = 100;

/** The audit records that a commit's provenance rests on: those that brought it, then those that suggested its lines. */
export function recordsOf({ seen, files }: CommitProvenance): readonly string[] {
  const brought = seen.flatMap(({ record }) => record ?? []);
  const given = files.flatMap(({ lines }) => lines.map(({ suggestion }) => suggestion.record));
  return [...new Set([...brought, ...given])].slice(0, mostRecords);
}
