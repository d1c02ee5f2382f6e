import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { git } from "./git-host.ts";

export const root = mkdtempSync(join(tmpdir(), "corpus-"));
export const bare = join(root, "acme", "app.git");
export const work = join(root, "work");
const shallow = join(root, "shallow");

function write(path: string, content: string): void {
  mkdirSync(dirname(join(work, path)), { recursive: true });
  writeFileSync(join(work, path), content);
}
const lines = (count: number, seed: string) =>
  Array.from({ length: count }, (_, at) => `${seed} line ${at * 7919}`).join("\n");
function commit(): void {
  git(work, "add", "-A");
  git(work, "commit", "-qm", "change", "--allow-empty");
}

/** Everything is put back to this: main with workflows, and a branch `side` that left it before its last commit. */
export let main = "";
let side = "";

const edit =
  (path: string, content = lines(60, "new")) =>
  () => {
    write(path, content);
    commit();
  };

/** One kind of change, made in the work tree. */
export interface Kind {
  readonly does: () => void;
  /** What is pushed; `HEAD:refs/heads/main` unless told. */
  readonly push?: readonly string[];
  readonly config?: readonly string[];
  /** Where it is pushed from; the work tree unless told. */
  readonly where?: string;
  /** What to compare with, where it is not where the ref was. */
  readonly since?: () => string;
}

export const kinds: Readonly<Record<string, Kind>> = {
  "an edit": { does: edit("src/a.txt") },
  "an edit of a workflow": { does: edit(".github/workflows/ci.yml") },
  "a new workflow": { does: edit(".github/workflows/new.yml") },
  "a new file deep down": { does: edit("x/y/z/w/v/u.txt") },
  "a deleted file": {
    does: () => {
      git(work, "rm", "-q", "src/a.txt");
      commit();
    },
  },
  "a deleted workflow": {
    does: () => {
      git(work, "rm", "-q", ".github/workflows/ci.yml");
      commit();
    },
  },
  "the whole .github deleted": {
    does: () => {
      git(work, "rm", "-rq", ".github");
      commit();
    },
  },
  "a rename": {
    does: () => {
      git(work, "mv", "src/a.txt", "src/b.txt");
      commit();
    },
  },
  "a rename into the workflows": {
    does: () => {
      git(work, "mv", "stash/evil.yml", ".github/workflows/evil.yml");
      commit();
    },
  },
  "a rename into the workflows, without sparse packing": {
    does: () => {
      git(work, "mv", "stash/evil.yml", ".github/workflows/evil.yml");
      commit();
    },
    config: ["-c", "pack.useSparse=false"],
  },
  "a rename out of the workflows": {
    does: () => {
      git(work, "mv", ".github/workflows/ci.yml", "ci.yml");
      commit();
    },
  },
  "a subtree re-used as .github": {
    does: () => {
      git(work, "rm", "-rq", "--cached", ".github");
      git(work, "read-tree", "--prefix=.github/", `${main}:stash/dotgithub`);
      git(work, "commit", "-qm", "graft");
    },
  },
  "a subtree re-used as the workflows": {
    does: () => {
      git(work, "rm", "-rq", "--cached", ".github/workflows");
      git(work, "read-tree", "--prefix=.github/workflows/", `${main}:stash/dotgithub/workflows`);
      git(work, "commit", "-qm", "graft");
    },
  },
  "a mode change": {
    does: () => {
      chmodSync(join(work, ".github/workflows/ci.yml"), 0o755);
      commit();
    },
  },
  "a file that becomes a link": {
    does: () => {
      rmSync(join(work, "src/a.txt"));
      symlinkSync("../README.md", join(work, "src/a.txt"));
      commit();
    },
  },
  "a workflow directory that becomes a link": {
    does: () => {
      rmSync(join(work, ".github/workflows"), { recursive: true });
      symlinkSync("../stash", join(work, ".github/workflows"));
      commit();
    },
  },
  "a file that becomes a directory": {
    does: () => {
      rmSync(join(work, "src/a.txt"));
      edit("src/a.txt/inner.txt")();
    },
  },
  "a directory that becomes a file": {
    does: () => {
      rmSync(join(work, "stash"), { recursive: true });
      edit("stash", "now a file")();
    },
  },
  "many commits": {
    does: () => {
      for (let at = 0; at < 20; at++) edit(`src/f${at}.txt`)();
    },
  },
  "a change that is undone again": {
    does: () => {
      edit(".github/workflows/ci.yml")();
      git(work, "revert", "--no-edit", "-n", "HEAD");
      commit();
    },
  },
  "an empty commit": { does: commit },
  "a merge of the side branch": {
    does: () => {
      git(work, "merge", "-q", "--no-ff", "-m", "merge", side);
    },
  },
  "many files": {
    does: () => {
      for (let at = 0; at < 400; at++) write(`bulk/${at % 20}/${at}.txt`, `${at}`);
      commit();
    },
  },
  "a large file": { does: edit("big.bin", lines(120_000, "big")) },
  "names that are not ASCII": { does: edit("docs/ü/naïve ☃.txt") },
  "a forced push": {
    does: () => {
      git(work, "commit", "-q", "--amend", "-m", "other");
      edit("src/forced.txt")();
    },
    push: ["+HEAD:refs/heads/main"],
  },
  "a history without a past": {
    does: () => {
      git(work, "checkout", "-q", "--orphan", "fresh");
      edit("only.txt")();
    },
    push: ["+HEAD:refs/heads/main"],
  },
  "back to an older commit": {
    does: () => git(work, "reset", "-q", "--hard", `${main}~1`),
    push: ["+HEAD:refs/heads/main"],
  },
  "a new branch with a workflow": {
    does: edit(".github/workflows/new.yml"),
    push: ["HEAD:refs/heads/fresh"],
    since: () => main,
  },
  "a new branch at an old commit": {
    does: () => git(work, "reset", "-q", "--hard", `${main}~1`),
    push: ["HEAD:refs/heads/fresh"],
    since: () => `${main}~1`,
  },
  "a new branch from an old commit": {
    does: () => {
      git(work, "reset", "-q", "--hard", `${main}~1`);
      edit("src/branch.txt")();
    },
    push: ["HEAD:refs/heads/fresh"],
    since: () => `${main}~1`,
  },
  "a tag": {
    does: edit(".github/workflows/tagged.yml"),
    push: ["HEAD:refs/tags/v1"],
    since: () => main,
  },
  "an annotated tag": {
    does: () => {
      edit("src/tagged.txt")();
      git(work, "tag", "-f", "-a", "-m", "t", "v2");
    },
    push: ["v2"],
    since: () => main,
  },
  "an annotated tag of a tag": {
    does: () => {
      edit("src/tagged.txt")();
      git(work, "tag", "-f", "-a", "-m", "t", "t1");
      git(work, "tag", "-f", "-a", "-m", "t", "v3", "t1");
    },
    push: ["v3"],
    since: () => main,
  },
  "a submodule": {
    does: () => {
      git(work, "update-index", "--add", "--cacheinfo", `160000,${main},vendor/sub`);
      git(work, "commit", "-qm", "sub");
    },
  },
  "an edit in a shallow clone": {
    does: () => {
      rmSync(shallow, { recursive: true, force: true });
      git(root, "clone", "-q", "--depth", "1", `file://${bare}`, shallow);
      git(shallow, "mv", "stash/evil.yml", ".github/workflows/evil.yml");
      git(shallow, "commit", "-qm", "shallow");
    },
    where: shallow,
  },
  "deltas by id": {
    does: edit("src/a.txt", `${lines(60, "a")}\nmore`),
    config: ["-c", "repack.useDeltaBaseOffset=false"],
  },
  "small windows and deep chains": {
    does: () => {
      for (let at = 0; at < 30; at++) edit("deep/er/a.txt", lines(200 + at, "x"))();
    },
    config: ["-c", "pack.depth=50", "-c", "pack.window=50"],
  },
};

/** Puts upstream and work tree back to where every kind begins. */
export function restore(): void {
  git(bare, "update-ref", "refs/heads/main", main);
  for (const ref of git(bare, "for-each-ref", "--format=%(refname)").split("\n"))
    if (ref !== "refs/heads/main" && ref !== "refs/heads/side") git(bare, "update-ref", "-d", ref);
  git(work, "checkout", "-q", "-f", "-B", "main", main);
  git(work, "clean", "-fdq");
  if (git(work, "branch", "--list", "fresh") !== "") git(work, "branch", "-q", "-D", "fresh");
}

/** Makes the upstream and a work tree beside it. */
export function prepare(): void {
  mkdirSync(work, { recursive: true });
  git(root, "init", "-q", "--bare", "-b", "main", bare);
  git(bare, "config", "http.receivepack", "true");
  git(work, "init", "-q", "-b", "main");
  write("README.md", lines(20, "readme"));
  write("src/a.txt", lines(60, "a"));
  write(".github/workflows/ci.yml", lines(60, "ci"));
  write(".github/CODEOWNERS", "* @acme");
  write("stash/evil.yml", lines(60, "evil"));
  write("stash/dotgithub/workflows/ci.yml", lines(60, "other ci"));
  for (let at = 0; at < 50; at++) write(`lib/${at % 5}/${at}.txt`, lines(20, `${at}`));
  commit();
  git(work, "checkout", "-q", "-b", "side");
  edit("src/side.txt")();
  side = git(work, "rev-parse", "HEAD");
  git(work, "checkout", "-q", "main");
  edit(".github/workflows/ci.yml", lines(62, "ci"))();
  main = git(work, "rev-parse", "HEAD");
  git(work, "push", "-q", bare, "main", "side");
}
