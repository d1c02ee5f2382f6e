import { execFile, execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Content } from "../../../../src/core/change.ts";
import { git as gitProtocol } from "../../../../src/protocols/git/index.ts";
import { filePackSpools } from "../../../../src/protocols/git/pack/file.ts";
import type { ContentSource } from "../../../../src/protocols/objects/source.ts";
import { type GitHost, git, gitEnv, objectsIn, startGitHost } from "./git-host.ts";

/** What approvers are shown of real pushes: every file as it was and as it becomes. */
const root = mkdtempSync(join(tmpdir(), "changed-"));
const bare = join(root, "acme", "app.git");
const work = join(root, "work");
const long = Array.from({ length: 400 }, (_, i) => `line ${i} of a file that is worth a delta`);
let host: GitHost;
let shown: readonly string[] = [];
let complete: boolean | undefined;
let contents: ContentSource;

const upstream: ContentSource = {
  blob: async (_, id) => {
    try {
      return execFileSync("git", ["cat-file", "blob", id], { cwd: bare, stdio: "pipe" });
    } catch {
      return undefined;
    }
  },
  file: async () => undefined,
};

beforeAll(async () => {
  mkdirSync(work, { recursive: true });
  git(root, "init", "-q", "--bare", "-b", "main", bare);
  git(bare, "config", "http.receivepack", "true");
  git(work, "init", "-q", "-b", "main");
  writeFileSync(join(work, "long.txt"), long.join("\n"));
  writeFileSync(join(work, "gone.txt"), "was here\n");
  writeFileSync(join(work, "run.sh"), "echo\n");
  git(work, "add", "-A");
  git(work, "commit", "-qm", "start");
  git(work, "push", "-q", bare, "main");
  const ports = {
    spool: filePackSpools(join(root, "spool")),
    objects: objectsIn(bare),
    contents: {
      blob: (resource: string, id: string) => contents.blob(resource, id),
      file: upstream.file,
    },
  };
  host = await startGitHost(root, gitProtocol(ports), async (parser) => {
    await parser.resolve?.();
    const changed = await parser.changes?.();
    complete = changed?.complete;
    const lines: string[] = [];
    for (const { path, ref = "", modes, read } of changed?.files ?? []) {
      const { before, after } = await read();
      const mode = `${modes?.before ?? ""}:${modes?.after ?? ""}`;
      lines.push([ref, path, mode, word(before), word(after)].filter(Boolean).join(" "));
    }
    if (changed !== undefined) shown = lines;
    return undefined;
  });
}, 60_000);
afterAll(async () => {
  await host.close();
  rmSync(root, { recursive: true, force: true });
});

function word(content: Content): string {
  if (content.kind !== "bytes") return content.kind;
  const text = Buffer.from(content.bytes).toString();
  return text.length < 40 ? JSON.stringify(text) : `${text.split("\n")[7]}`;
}

async function push(...refs: readonly string[]): Promise<void> {
  shown = [];
  await promisify(execFile)("git", ["push", "-q", `${host.url}/acme/app.git`, ...refs], {
    cwd: work,
    env: gitEnv,
  });
}

describe("a push", () => {
  it("shows each file before and after, deltas on what the upstream has included", async () => {
    contents = upstream;
    writeFileSync(join(work, "long.txt"), long.with(7, "another line 7").join("\n"));
    writeFileSync(join(work, "new.txt"), "new\n");
    rmSync(join(work, "gone.txt"));
    chmodSync(join(work, "run.sh"), 0o755);
    git(work, "add", "-A");
    git(work, "commit", "-qm", "change");
    await push("main");
    expect(shown.toSorted()).toEqual([
      'gone.txt 100644: "was here\\n" none',
      "long.txt 100644:100644 line 7 of a file that is worth a delta another line 7",
      'new.txt :100644 none "new\\n"',
      'run.sh 100644:100755 "echo\\n" "echo\\n"',
    ]);
    expect(complete).toBe(true);
  });

  it("shows what it brings where nobody can tell what was", async () => {
    contents = { ...upstream, blob: () => Promise.reject(new Error("unreachable")) };
    writeFileSync(join(work, "new.txt"), "newer\n");
    git(work, "add", "-A");
    git(work, "commit", "-qm", "again");
    await push("main");
    expect(shown).toEqual(['new.txt 100644:100644 unknown "newer\\n"']);
  });

  it("names the ref of each file where it moves several", async () => {
    contents = upstream;
    writeFileSync(join(work, "x.txt"), "x\n");
    git(work, "add", "-A");
    git(work, "commit", "-qm", "x");
    await push("main", "HEAD:refs/heads/side");
    expect(shown.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
      "refs/heads/main x.txt",
      "refs/heads/side x.txt",
    ]);
  });
});
