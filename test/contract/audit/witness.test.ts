import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openAuditLog } from "../../../src/audit/audit-log.ts";
import { openKeys } from "../../../src/audit/transparency/keys-file.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { parseVerifier, type Verifier } from "../../../src/tlog/key.ts";
import { openNote } from "../../../src/tlog/note.ts";
import { freePort } from "../../support/ports.ts";
import { freshDir, sampleCompletion, sampleIntent } from "./sample.ts";

const binary = join(import.meta.dirname, "../../../.cache/litewitness-0.9.0/litewitness");

/** Whether litewitness is here. Where CI promises it and it is not, that is an error, not a skip. */
function hasWitness(): boolean {
  if (existsSync(binary)) return true;
  if (process.env["CI"] === "true") throw new Error("CI must have built litewitness");
  console.warn("litewitness was not built: no cosignature of a real witness is tested here");
  return false;
}

const children: ChildProcess[] = [];
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  for (const child of children.splice(0)) {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
});

function run(command: string, args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { stdio: "ignore" });
  children.push(child);
  return child;
}

interface Witness {
  readonly url: string;
  readonly key: Verifier;
  readonly database: string;
}

/** A litewitness that knows the log of that origin and key. */
async function startWitness(origin: string, vkey: string): Promise<Witness> {
  const dir = await freshDir();
  const [socket, identity, database] = ["agent", "key", "witness.db"].map((name) =>
    join(dir, name),
  );
  if (socket === undefined || identity === undefined || database === undefined) throw new Error();
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", identity]);
  run("ssh-agent", ["-D", "-a", socket]);
  await until(() => existsSync(socket));
  const env = { ...process.env, SSH_AUTH_SOCK: socket };
  execFileSync("ssh-add", ["-q", identity], { env, stdio: "ignore" });
  const listed = execFileSync("ssh-add", ["-l"], { env }).toString();
  knowLog(database, origin, vkey);
  const port = await freePort();
  const [, fingerprint = ""] = listed.split(" ");
  run(binary, [
    ...["-db", database, "-name", "witness.test/w1", "-key", fingerprint],
    ...["-ssh-agent", socket, "-listen", `127.0.0.1:${port}`],
  ]);
  const url = `http://127.0.0.1:${port}`;
  await until(async () => (await fetch(url).catch(() => undefined)) !== undefined);
  const page = await (await fetch(url)).text();
  const [stated = ""] = /witness\.test\/w1\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+/.exec(page) ?? [];
  const key = parseVerifier(stated.replaceAll("&#43;", "+"));
  if (!key.ok) throw new Error(`${key.error}: ${page}`);
  return { url, key: key.value, database };
}

/** What `witnessctl add-log` and `add-key` do. */
function knowLog(database: string, origin: string, vkey: string): void {
  const db = new DatabaseSync(database);
  db.exec(`CREATE TABLE log (origin TEXT PRIMARY KEY, tree_size INTEGER NOT NULL, tree_hash TEXT NOT NULL);
    CREATE TABLE key (origin TEXT NOT NULL, key TEXT NOT NULL, FOREIGN KEY(origin) REFERENCES log(origin))`);
  const empty = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
  db.prepare("INSERT INTO log VALUES (?, 0, ?)").run(origin, empty);
  db.prepare("INSERT INTO key VALUES (?, ?)").run(origin, vkey);
  db.close();
}

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  await expect.poll(what, { timeout: 30_000, interval: 20 }).toBe(true);
}

describe.skipIf(!hasWitness())("a real witness (litewitness)", () => {
  const origin = "sallyport.test/audit";
  let dir: string;
  let witness: Witness;
  let own: Verifier;
  beforeEach(async () => {
    dir = await freshDir();
    const { signers } = await openKeys(join(dir, "keys"), origin);
    own = signers[0].verifier;
    witness = await startWitness(origin, own.vkey);
  });

  async function open(quorum: number, url = witness.url) {
    const witnesses = { quorum, witnesses: [{ url, key: witness.key }], timeout: 2000 };
    const options = { dir, replica: "r1", clock: systemClock, checkpointEvery: 20, origin };
    const audit = await openAuditLog({ ...options, witnesses });
    closing.push(() => audit.close());
    return audit;
  }

  async function record(audit: Awaited<ReturnType<typeof open>>): Promise<void> {
    const intent = sampleIntent();
    await audit.intent(intent);
    audit.complete(sampleCompletion(intent));
  }

  function signedBy(note: string | undefined): readonly string[] {
    const opened = openNote(note ?? "", [own, witness.key]);
    return opened.ok ? opened.value.by.map(({ name }) => name) : [];
  }

  it("signs every checkpoint as the log grows, over restarts of ours", async () => {
    for (let boot = 0; boot < 2; boot++) {
      const audit = await open(1);
      for (let turn = 0; turn < 3; turn++) {
        const { records } = audit.counts();
        await record(audit);
        await until(() => audit.counts().logSize > records);
        expect(signedBy(audit.checkpoint())).toEqual([origin, "witness.test/w1"]);
      }
      await audit.close();
    }
  });

  it("that is needed and cannot be reached keeps checkpoints back, and records all the same", async () => {
    const audit = await open(1, "http://127.0.0.1:9");
    await record(audit);
    await until(() => audit.counts().trouble?.includes("witnesses signed") === true);
    expect(audit.checkpoint()).toBeUndefined();
    expect(audit.ready().ok).toBe(true);
  });

  it("that is not needed may be away: its signature is missing, nothing else", async () => {
    const audit = await open(0, "http://127.0.0.1:9");
    await record(audit);
    await until(() => signedBy(audit.checkpoint()).length > 0);
    expect(signedBy(audit.checkpoint())).toEqual([origin]);
  });

  it("does not sign a log that begins anew under the old key", async () => {
    const first = await open(1);
    for (let count = 0; count < 20; count++) await record(first);
    await until(() => first.counts().logSize > 30);
    await first.close();
    const old = dir;
    dir = await freshDir();
    for (const name of ["signing.key", "reference.key"])
      await cp(join(old, "keys", name), join(dir, "keys", name));
    const forked = await open(1);
    await record(forked);
    await until(() => forked.counts().trouble?.includes("more than there are") === true);
    expect(forked.checkpoint()).toBeUndefined();
  });
});
