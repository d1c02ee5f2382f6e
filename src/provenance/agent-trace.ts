import type { AttributedFile, CommitProvenance } from "./answer.ts";

/** A commit's attributed lines as an agent-trace record (version 0.1.0). */
export function agentTrace({
  commit,
  repository,
  seen,
  files,
  evidence,
}: CommitProvenance): object {
  return {
    version: "0.1.0",
    id: `${repository}@${commit}`,
    timestamp: new Date(seen[0]?.at ?? 0).toISOString(),
    vcs: { type: "git", revision: commit },
    tool: { name: "sallyport" },
    files: files.filter(({ lines }) => lines.length > 0).map(traced),
    metadata: { "sallyport.evidence": evidence },
  };
}

function traced({ path, lines }: AttributedFile): object {
  return {
    path,
    conversations: lines.map(({ from, to, evidence, suggestion }) => ({
      url: `urn:sallyport:record:${suggestion.record}`,
      contributor: {
        type: "ai",
        ...(suggestion.model === undefined ? {} : { model_id: suggestion.model }),
      },
      ranges: [{ start_line: from, end_line: to }],
      related: [{ type: "session", url: `urn:sallyport:session:${suggestion.session}` }],
      metadata: { "sallyport.evidence": evidence },
    })),
  };
}
