import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = new URL("../../node_modules/", import.meta.url).pathname;

/** Files of what is installed, by the end of their names, until there are enough bytes. */
function collect(ends: readonly string[], enough: number): Buffer[] {
  const files: Buffer[] = [];
  let bytes = 0;
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).toSorted((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      if (bytes >= enough) return;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (
        entry.isFile() &&
        ends.some((end) => entry.name.endsWith(end)) &&
        !entry.name.includes(".min.")
      ) {
        const file = readFileSync(path);
        files.push(file);
        bytes += file.length;
      }
    }
  };
  visit(root);
  return files;
}

export interface Corpora {
  /** Source code, as it is. */
  readonly source: Buffer;
  /** Prose and code as a model writes it. */
  readonly chat: Buffer;
  /** The same as JSON bodies, with escapes. */
  readonly bodies: readonly Buffer[];
  /** The same in pieces of about three bytes. */
  readonly deltas: readonly Buffer[];
}

export function readCorpora(megabytes: number): Corpora {
  const size = megabytes * 1e6;
  const source = Buffer.concat(collect([".js", ".mjs", ".cjs", ".ts"], size)).subarray(0, size);
  const prose = collect([".md"], size);
  const chat = Buffer.concat(prose).subarray(0, size);
  const bodies = prose.map((text) =>
    Buffer.from(
      JSON.stringify({
        id: "c",
        choices: [
          {
            index: 0,
            message: { role: "assistant", content: text.toString("utf8") },
            finish_reason: "stop",
          },
        ],
      }),
    ),
  );
  const deltas = (
    chat
      .subarray(0, 2e6)
      .toString("utf8")
      .match(/\s?[\p{L}]{1,6}|\d{1,3}|\s+|[^\s\p{L}\d]{1,3}/gu) ?? []
  ).map((piece) => Buffer.from(piece));
  return { source, chat, bodies, deltas };
}
