import { randomUUID } from "node:crypto";
import { open, readFile, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import type { Clock } from "../../base/clock.ts";
import { isMissing } from "../../base/missing.ts";
import { makeDirectory, readIfThere } from "./disk-file.ts";

interface Holder {
  readonly token: string;
  readonly host: string;
  readonly pid: number;
  /** When that process began, as the kernel counts; undefined where it does not tell. */
  readonly began: string | undefined;
}

const refreshEvery = 5000;
const lease = 20_000;
const retryEvery = 500;

/**
 * Makes this process the only one that writes in a folder; gives the function that ends that. A holder that died is
 * passed over; one on another host counts as dead when it has not refreshed its lock for 20 s, which is waited for.
 */
export async function lockFolder(path: string, clock: Clock): Promise<() => Promise<void>> {
  await makeDirectory(dirname(path));
  const token = randomUUID();
  const me = { token, host: hostname(), pid: process.pid, began: await beginning(process.pid) };
  while (!(await claim(path, me))) {
    const holder = await readHolder(path);
    if (holder?.host === me.host && (await isAlive(holder)))
      throw new Error(`${dirname(path)} is in use by process ${holder.pid}`);
    if (holder === undefined || holder.host === me.host || (await isExpired(path))) {
      await rm(path, { force: true });
    } else {
      await new Promise<void>((resolve) => void clock.after(retryEvery, resolve));
    }
  }
  return keepFresh(path, token, clock);
}

async function claim(path: string, me: Holder): Promise<boolean> {
  try {
    const handle = await open(path, "wx", 0o600);
    await handle.writeFile(JSON.stringify(me));
    await handle.close();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
  return (await readHolder(path))?.token === me.token;
}

function keepFresh(path: string, token: string, clock: Clock): () => Promise<void> {
  let cancel = (): void => undefined;
  const refresh = (): void => {
    // A refresh that fails is tried again; nobody on this host takes the lock from a living process.
    void utimes(path, new Date(), new Date()).catch(() => undefined);
    cancel = clock.after(refreshEvery, refresh);
  };
  refresh();
  return async () => {
    cancel();
    if ((await readHolder(path))?.token === token) await rm(path, { force: true });
  };
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse((await readIfThere(path))?.toString() ?? "") as Holder;
  } catch {
    return undefined;
  }
}

async function isAlive({ pid, began }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
  }
  return began === undefined || began === (await beginning(pid));
}

async function isExpired(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > lease;
  } catch (error) {
    return isMissing(error);
  }
}

/** The start time of a process in the kernel's ticks (field 22 of /proc/PID/stat), where there is a /proc. */
async function beginning(pid: number): Promise<string | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
