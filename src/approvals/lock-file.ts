import { mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";

/** Takes a directory for this process alone; throws where another living process has it. Gives the release. */
export async function lockDirectory(dir: string): Promise<() => Promise<void>> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const path = join(dir, "lock");
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const handle = await open(path, "wx", 0o600);
      await handle.writeFile(`${process.pid}`);
      await handle.close();
      return () => rm(path, { force: true });
    } catch (cause) {
      if (!isExisting(cause)) throw cause;
      const owner = Number(await readFile(path, "utf8").catch(() => "0"));
      if (alive(owner))
        throw new Error(`process ${owner} has the approvals in ${dir} open already`, { cause });
      await rm(path, { force: true });
    }
  }
  throw new Error(`the approvals in ${dir} could not be locked`);
}

// In a container every process is number 1: our own number in the file is a predecessor's.
function alive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function isExisting(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "EEXIST";
}
