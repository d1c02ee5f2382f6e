import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
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

  async remove(name: string): Promise<void> {
    if (this.has(name)) await rm(join(this.root, `${name}.git`), { recursive: true, force: true });
  }

  /** The commit that a ref (`refs/heads/main`) or revision names. */
  async head(name: string, revision: string): Promise<string | undefined> {
    const found = await this.#maybe(name, ["rev-parse", "-q", "--verify", `${revision}^{commit}`]);
    return found?.toString("utf8").trim();
  }

  /** A file at a revision. */
  async read(name: string, revision: string, path: string): Promise<StoredFile | undefined> {
    const found = await this.#maybe(name, ["rev-parse", "-q", "--verify", `${revision}:${path}`]);
    const sha = found?.toString("utf8").trim();
    if (sha === undefined) return undefined;
    const content = await this.#maybe(name, ["cat-file", "blob", sha]);
    return content === undefined ? undefined : { sha, content };
  }

  /** Commits the change; gives the new commit and blob, or GitHub's words on why not. */
  async write(name: string, change: Change): Promise<Result<{ commit: string; blob: string }>> {
    const ref = `refs/heads/${change.branch}`;
    const parent = await this.head(name, ref);
    const before = parent === undefined ? undefined : await this.read(name, parent, change.path);
    if (before?.sha !== change.sha)
      return err(
        change.sha === undefined ? "sha wasn't supplied" : `${change.path} does not match`,
      );
    const index = { GIT_INDEX_FILE: join(this.root, `${name}.git`, `index-${randomUUID()}`) };
    try {
      if (parent !== undefined) await this.git(name, ["read-tree", parent], index);
      const blob = await this.#stage(name, change, index);
      const tree = (await this.git(name, ["write-tree"], index)).toString("utf8").trim();
      const parents = parent === undefined ? [] : ["-p", parent];
      const args = ["commit-tree", tree, "-m", change.message, ...parents];
      const commit = (await this.git(name, args)).toString("utf8").trim();
      await this.git(name, ["update-ref", ref, commit, parent ?? "0".repeat(40)]);
      return ok({ commit, blob });
    } finally {
      await rm(index.GIT_INDEX_FILE, { force: true });
    }
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

  async #stage(
    name: string,
    change: Change,
    index: Readonly<Record<string, string>>,
  ): Promise<string> {
    if (change.content === undefined) {
      await this.git(name, ["rm", "-q", "--cached", "--", change.path], index);
      return "";
    }
    const hash = await this.git(name, ["hash-object", "-w", "--stdin"], {}, change.content);
    const blob = hash.toString("utf8").trim();
    await this.git(
      name,
      ["update-index", "--add", "--cacheinfo", `100644,${blob},${change.path}`],
      index,
    );
    return blob;
  }

  #maybe(name: string, args: readonly string[]): Promise<Buffer | undefined> {
    return this.git(name, args).catch(() => undefined);
  }
}

function validName(name: string): boolean {
  return /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9_][\w.-]*$/.test(name) && !name.endsWith(".git");
}
