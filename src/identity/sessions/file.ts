import { type FileHandle, mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import { unlessMissing } from "../../base/missing.ts";
import { OneByOne } from "../../base/one-by-one.ts";
import type { Revocation } from "../identity.ts";
import { type Entry, Ledger } from "./ledger.ts";
import type { SessionStore } from "./store.ts";

/** A journal this many lines longer than what it comes to is written anew. */
const slack = 4096;

/**
 * Sessions of one gateway on its own disk: a journal, `sessions.jsonl`, that is flushed before a change counts and
 * read again at the next start. It holds hashes and claims, no token. One process at a time.
 */
export async function fileSessions(dir: string, clock: Clock): Promise<SessionStore> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const ledger = new Ledger();
  const path = join(dir, "sessions.jsonl");
  for (const entry of await readJournal(path)) ledger.apply(entry);
  const journal = new Journal(path, () => ledger.compact(clock.now()));
  await journal.rewrite();
  const followers = new Set<(revocation: Revocation) => void>();
  const change = async (entry: Entry, revocation?: Revocation) => {
    await journal.append(entry, () => ledger.apply(entry));
    if (revocation !== undefined) for (const told of followers) told(revocation);
  };
  const using = new Set<string>();
  return {
    save: (grant) => change({ kind: "grant", grant }),
    find: async (hash) => ledger.find(hash, clock.now()),
    list: async () => ledger.list(clock.now()),
    revokeGrant: async (grant) => {
      if (ledger.grant(grant, clock.now()) === undefined) return false;
      await change({ kind: "revoke-grant", grant }, { kind: "grant", grant });
      return true;
    },
    revokeSession: (session, until) =>
      change({ kind: "revoke-session", session, until }, { kind: "session", session }),
    isRevoked: async (session) => ledger.isRevoked(session, clock.now()),
    once: async (key, until) => {
      if (ledger.seen(key, clock.now()) || using.has(key)) return false;
      using.add(key);
      try {
        await change({ kind: "once", key, until });
        return true;
      } finally {
        using.delete(key);
      }
    },
    follow: (told) => {
      followers.add(told);
      return () => followers.delete(told);
    },
    silentFor: () => 0,
    close: () => journal.close(),
  };
}

class Journal {
  readonly #path: string;
  readonly #compact: () => readonly Entry[];
  #file: FileHandle | undefined;
  #lines = 0;
  #rewriteAt = slack;
  readonly #work = new OneByOne();

  constructor(path: string, compact: () => readonly Entry[]) {
    this.#path = path;
    this.#compact = compact;
  }

  /** Writes the journal anew, with only what still matters. */
  rewrite(): Promise<void> {
    return this.#work.run(() => this.#replace());
  }

  /** Flushes the entry, then calls `durable` before anything else is written. */
  append(entry: Entry, durable: () => void): Promise<void> {
    return this.#work.run(async () => {
      if (this.#file === undefined) throw new Error("the session journal is closed");
      if (this.#lines >= this.#rewriteAt) await this.#replace();
      await this.#write(`${JSON.stringify(entry)}\n`);
      this.#lines += 1;
      durable();
    });
  }

  async close(): Promise<void> {
    await this.#work.run(async () => {
      await this.#file?.close();
      this.#file = undefined;
    });
  }

  async #write(line: string): Promise<void> {
    try {
      await this.#file?.appendFile(line);
      await this.#file?.datasync();
    } catch (error) {
      // Part of the line may be in the file: nothing may be written after it.
      this.#rewriteAt = 0;
      throw error;
    }
  }

  async #replace(): Promise<void> {
    const entries = this.#compact();
    const fresh = `${this.#path}.new`;
    const file = await open(fresh, "w", 0o600);
    await file.writeFile(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
    await file.sync();
    await rename(fresh, this.#path);
    await this.#file?.close();
    this.#file = file;
    this.#lines = entries.length;
    this.#rewriteAt = entries.length * 2 + slack;
  }
}

async function readJournal(path: string): Promise<readonly Entry[]> {
  const text = (await readFile(path, "utf8").catch(unlessMissing)) ?? "";
  const lines = text.split("\n");
  // What follows the last line break was never acknowledged: the process stopped while it wrote it.
  lines.pop();
  return lines.map((line) => JSON.parse(line) as Entry);
}
