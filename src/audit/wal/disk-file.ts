import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import {
  type FileHandle,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  unlink,
} from "node:fs/promises";
import { dirname } from "node:path";
import { isMissing, unlessMissing } from "../../base/missing.ts";

/** An open file that only grows, except when a failed write is taken back. */
export interface AppendFile {
  /** Writes all of it at `at`, or throws; in a durable file it is then on stable storage (O_DSYNC, else fdatasync). */
  write(bytes: Uint8Array, at: number): Promise<void>;
  /** Cuts it off there, in a durable file on stable storage too. */
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

/** What the write-ahead log asks of a disk; tests put a disk that fills up or hangs in its place. */
export interface Disk {
  /** Makes a new file (its directory included) and makes its name durable; throws when it exists. */
  create(path: string, durable: boolean): Promise<AppendFile>;
  remove(path: string): Promise<void>;
  /** File names, sorted; empty where there is no such directory. */
  list(dir: string): Promise<readonly string[]>;
}

const { O_CREAT, O_DSYNC, O_EXCL, O_TRUNC, O_WRONLY } = constants;
/** One call for both, where the system has it: each is a way to another thread and back that a request waits for. */
const writesThrough = O_DSYNC !== undefined;
const through = writesThrough ? O_DSYNC : 0;

export const realDisk: Disk = {
  create: async (path, durable) => {
    await makeDirectory(dirname(path));
    const flags = O_WRONLY | O_CREAT | O_EXCL | (durable ? through : 0);
    const handle = await open(path, flags, 0o600);
    await syncDirectory(dirname(path));
    return {
      write: async (bytes, at) => {
        let done = 0;
        while (done < bytes.length) {
          const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at + done);
          done += bytesWritten;
        }
        if (durable && !writesThrough) await handle.datasync();
      },
      truncate: async (size) => {
        await handle.truncate(size);
        if (durable) await handle.datasync();
      },
      close: () => handle.close(),
    };
  },
  remove: (path) => unlink(path),
  list: async (dir) => {
    try {
      return (await readdir(dir)).sort();
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  },
};

/** Replaces a file so that a crash leaves either the old or the new content, never a mixture. */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  await putFile(path, content);
  await syncDirectory(dirname(path));
}

/** The same, except that its name is durable only once its directory is synced. */
export async function putFile(path: string, content: string | Uint8Array): Promise<void> {
  const draft = `${path}.new`;
  const handle = await openDraft(draft);
  try {
    await handle.writeFile(content);
    if (!writesThrough) await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, path);
}

/** Its directory is there nearly always, and made when it is missed. */
async function openDraft(path: string): Promise<FileHandle> {
  const flags = O_WRONLY | O_CREAT | O_TRUNC | through;
  try {
    return await open(path, flags, 0o600);
  } catch (error) {
    if (!isMissing(error)) throw error;
    await makeDirectory(dirname(path));
    return open(path, flags, 0o600);
  }
}

/** Puts bytes at a place of a file, durably; at its beginning into a new one. */
export async function writeAt(path: string, from: number, content: Uint8Array): Promise<void> {
  const flags = O_WRONLY | through | (from === 0 ? O_CREAT | O_TRUNC : 0);
  const handle = await open(path, flags, 0o600);
  try {
    await handle.write(content, 0, content.length, from);
    if (!writesThrough) await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** Writes a file that must not exist yet, whole and durably; of several who try at once one does, the others get false. */
export async function createFile(path: string, content: Uint8Array): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`;
  await replaceFile(draft, content);
  try {
    await link(draft, path);
    await syncDirectory(dirname(path));
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** The content, or undefined where there is no such file. */
export function readIfThere(path: string): Promise<Buffer | undefined> {
  return readFile(path).catch(unlessMissing);
}

/** Makes a directory and its parents, their names durable. */
export async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made))
    await syncDirectory(dirname(made));
}

/** Makes the names in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
