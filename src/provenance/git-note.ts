import { createHash } from "node:crypto";
import type { AttributedLines, CommitProvenance } from "./answer.ts";

/** A commit's attributed lines as git-ai writes them under `refs/notes/ai`: lines by session, a rule, then the sessions. */
export function gitNote({ commit, files }: CommitProvenance): string {
  const all = files.flatMap(({ lines }) => lines);
  const attested = files
    .filter(({ lines }) => lines.length > 0)
    .map(({ path, lines }) =>
      [quoted(path), ...[...byPrompt(lines)].map(([id, ranges]) => `  ${id} ${ranges}`)].join("\n"),
    );
  const prompts = Object.fromEntries(all.map((lines) => [promptOf(lines), about(lines)]));
  const metadata = {
    schema_version: "authorship/3.0.0",
    git_ai_version: "sallyport",
    base_commit_sha: commit,
    prompts,
  };
  return [...attested, "---", JSON.stringify(metadata, null, 2)].join("\n");
}

/** A path with a space or a quote in it would not be told from what follows it. */
function quoted(path: string): string {
  return /[\s"]/.test(path) ? JSON.stringify(path) : path;
}

function byPrompt(lines: readonly AttributedLines[]): ReadonlyMap<string, string> {
  const ranges = new Map<string, string>();
  for (const one of lines) {
    const id = promptOf(one);
    const range = one.from === one.to ? String(one.from) : `${one.from}-${one.to}`;
    const known = ranges.get(id);
    ranges.set(id, known === undefined ? range : `${known},${range}`);
  }
  return ranges;
}

function promptOf({ suggestion }: AttributedLines): string {
  return createHash("sha256")
    .update(`${suggestion.session}\n${suggestion.record}`)
    .digest("hex")
    .slice(0, 16);
}

function about({ suggestion, evidence, containment }: AttributedLines): object {
  return {
    agent_id: {
      tool: suggestion.tool ?? "chat",
      id: suggestion.session,
      model: suggestion.model ?? "unknown",
    },
    human_author: suggestion.actor ?? suggestion.principal,
    messages: [],
    sallyport: { record: suggestion.record, evidence, containment },
  };
}
