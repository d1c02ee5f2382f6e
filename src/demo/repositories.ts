import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { err, ok, type Result } from "../base/result.ts";

/** A file as the contents API sees it. */
export interface StoredFile {
  readonly sha: string;
  readonly content: Buffer;
}

/** A change to one file on one branch; without `content`, its removal. */
export interface Change {
  readonly branch: string;
  readonly path: string;
  readonly message: string;
  readonly content?: Buffer;
  /** The blob that the caller believes to be there; must fit, as on GitHub. */
  readonly sha?: string;
}

/** Files to be written or, without `content`, removed, as one commit on one branch. */
export interface Commitment {
  readonly branch: string;
  readonly message: string;
  readonly files: readonly { readonly path: string; readonly content?: Buffer }[];
  /** The commit that the caller believes to be the branch's last. */
  readonly expected?: string;
}

const identity = {
  GIT_AUTHOR_NAME: "Demo",
  GIT_AUTHOR_EMAIL: "demo@example.test",
  GIT_COMMITTER_NAME: "Demo",
  GIT_COMMITTER_EMAIL: "demo@example.test",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_SYSTEM: "/dev/null",
};

/** Real bare git repositories, named `owner/name`, in one folder. */
export class Repositories {
  readonly root: string;
  readonly #temporary: boolean;

  private constructor(root: string, temporary: boolean) {
    this.root = root;
    this.#temporary = temporary;
  }

  /** Opens the folder, or a temporary one that `close` removes. */
  static async open(root?: string): Promise<Repositories> {
    if (root === undefined)
      return new Repositories(await mkdtemp(join(tmpdir(), "sallyport-upstream-")), true);
    await mkdir(root, { recursive: true });
    return new Repositories(root, false);
  }

  async close(): Promise<void> {
    if (this.#temporary) await rm(this.root, { recursive: true, force: true });
  }

  has(name: string): boolean {
    return validName(name) && existsSync(join(this.root, `${name}.git`, "HEAD"));
  }

  /** All names, sorted. */
  async names(): Promise<readonly string[]> {
    const owners = await readdir(this.root);
    const lists = await Promise.all(
      owners.map(async (owner) =>
        (await readdir(join(this.root, owner))).map((name) => `${owner}/${name.slice(0, -4)}`),
      ),
    );
    return lists.flat().sort();
  }

  /** Makes a repository whose `main` holds one README, if there is none of that name. */
  async create(name: string): Promise<Result<void>> {
    if (!validName(name)) return err("name is invalid");
    if (this.has(name)) return err("name already exists on this account");
    await mkdir(join(this.root, `${name}.git`), { recursive: true });
    await this.git(name, ["init", "-q", "--bare", "-b", "main", "."]);
    await this.git(name, ["config", "http.receivepack", "true"]);
    await this.git(name, ["config", "receive.advertisePushOptions", "true"]);
    const content = Buffer.from(`# ${name}\n`);
    await this.write(name, { branch: "main", path: "README.md", message: "Begin", content });
    return ok(undefined);
  }

  /** Gives it another name; says whether that name was free. */
  async rename(name: string, to: string): Promise<boolean> {
    if (!validName(to) || this.has(to)) return false;
    await mkdir(join(this.root, `${to}.git`, ".."), { recursive: true });
    await rename(join(this.root, `${name}.git`), join(this.root, `${to}.git`));
    return true;
  }

  /** Makes a repository with all that another one holds. */
  async copy(name: string, to: string): Promise<Result<void>> {
    if (!validName(to)) return err("name is invalid");
    if (this.has(to)) return err("name already exists on this account");
    await cp(join(this.root, `${name}.git`), join(this.root, `${to}.git`), { recursive: true });
    return ok(undefined);
  }

  async remove(name: string): Promise<void> {
    if (this.has(name)) await rm(join(this.root, `${name}.git`), { recursive: true, force: true });
  }

  /** The commit that a ref (`refs/heads/main`) or revision names. */
  async head(name: string, revision: string): Promise<string | undefined> {
    return this.maybe(name, ["rev-parse", "-q", "--verify", `${revision}^{commit}`]);
  }

  /** A file at a revision. */
  async read(name: string, revision: string, path: string): Promise<StoredFile | undefined> {
    const sha = await this.maybe(name, ["rev-parse", "-q", "--verify", `${revision}:${path}`]);
    if (sha === undefined) return undefined;
    const content = await this.git(name, ["cat-file", "blob", sha]).catch(() => undefined);
    return content === undefined ? undefined : { sha, content };
  }

  /** Commits the change; gives the new commit and blob, or GitHub's words on why not. */
  async write(name: string, change: Change): Promise<Result<{ commit: string; blob: string }>> {
    const { branch, path, message, content } = change;
    const before = await this.read(name, `refs/heads/${branch}`, path);
    if (before?.sha !== change.sha)
      return err(change.sha === undefined ? "sha wasn't supplied" : `${path} does not match`);
    const files = [{ path, ...(content === undefined ? {} : { content }) }];
    const commit = await this.commit(name, { branch, message, files });
    if (!commit.ok) return commit;
    const blob = await this.read(name, commit.value, path);
    return ok({ commit: commit.value, blob: blob?.sha ?? "" });
  }

  /** Makes one commit of many files; gives it, or GitHub's words on why not. A branch that is not there begins with it. */
  async commit(name: string, commitment: Commitment): Promise<Result<string>> {
    const { branch, message, files, expected } = commitment;
    const ref = `refs/heads/${branch}`;
    const parent = await this.head(name, ref);
    if (expected !== undefined && expected !== parent)
      return err(`Expected branch to point to "${expected}" but it did not.`);
    const index = { GIT_INDEX_FILE: join(this.root, `${name}.git`, `index-${randomUUID()}`) };
    try {
      if (parent !== undefined) await this.git(name, ["read-tree", parent], index);
      const lines = await Promise.all(files.map((file) => this.#indexLine(name, file)));
      const input = Buffer.from(lines.join(""));
      await this.git(name, ["update-index", "-z", "--index-info"], index, input);
      const tree = await this.text(name, ["write-tree"], index);
      const made = await this.seal(name, tree, message, parent === undefined ? [] : [parent]);
      await this.git(name, ["update-ref", ref, made, parent ?? "0".repeat(40)]);
      return ok(made);
    } finally {
      await rm(index.GIT_INDEX_FILE, { force: true });
    }
  }

  /** Makes a commit of a tree, on no branch. */
  seal(name: string, tree: string, message: string, parents: readonly string[]): Promise<string> {
    const above = parents.flatMap((parent) => ["-p", parent]);
    return this.text(name, ["commit-tree", tree, "-m", message, ...above]);
  }

  /** The branch that `HEAD` names. */
  defaultBranch(name: string): Promise<string> {
    return this.text(name, ["symbolic-ref", "--short", "HEAD"]);
  }

  /** What git printed, as trimmed text; rejects when git fails. */
  async text(
    name: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    input?: Buffer,
  ): Promise<string> {
    return (await this.git(name, args, env, input)).toString("utf8").trim();
  }

  /** The same; undefined when git fails. */
  maybe(name: string, args: readonly string[]): Promise<string | undefined> {
    return this.text(name, args).catch(() => undefined);
  }

  /** Runs git inside the bare repository; rejects when git fails. */
  git(
    name: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    input?: Buffer,
  ): Promise<Buffer> {
    const options = {
      cwd: join(this.root, `${name}.git`),
      env: { ...process.env, ...identity, ...env },
      encoding: "buffer" as const,
      maxBuffer: 256 * 1024 * 1024,
    };
    return new Promise((resolve, reject) => {
      const child = execFile("git", args, options, (error, stdout, stderr) =>
        error === null
          ? resolve(stdout)
          : reject(new Error(`git ${args[0]}: ${stderr.toString("utf8")}`, { cause: error })),
      );
      // A git that reads no input may be gone before we end it: its exit status says what came of it.
      child.stdin?.on("error", () => undefined);
      child.stdin?.end(input ?? "");
    });
  }

  /** A line for `git update-index --index-info -z`; a mode of zero removes the file. */
  async #indexLine(name: string, { path, content }: Commitment["files"][number]): Promise<string> {
    if (content === undefined) return `0 ${"0".repeat(40)}\t${path}\0`;
    const blob = await this.text(name, ["hash-object", "-w", "--stdin"], {}, content);
    return `100644 ${blob}\t${path}\0`;
  }
}

function validName(name: string): boolean {
  return /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9_][\w.-]*$/.test(name) && !name.endsWith(".git");
}
