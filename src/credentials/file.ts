import { type Stats, statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { Clock } from "../base/clock.ts";
import { err, ok, type Result } from "../base/result.ts";
import { Secret } from "../base/secret.ts";
import { type CredentialSource, parseStoredValue } from "./source.ts";

/** How long the last good value is used while the file is being replaced, in milliseconds. */
export const replacementGrace = 5_000;

/** What changes with a file's content, place, owner and mode. */
type Version = Pick<Stats, "dev" | "ino" | "size" | "mtimeMs" | "ctimeMs">;

interface Loaded {
  readonly version: Version;
  readonly secret: Secret;
}

type Reading =
  | { readonly kind: "open" | "broken"; readonly why: string }
  | { readonly kind: "good"; readonly loaded: Loaded };

/**
 * A credential in a file that its owner alone may read (mode 0600 or less), looked at on every use, so that a new
 * value is used at once. A file that is empty or gone keeps its last value for five seconds; one that others may
 * read is refused at once.
 */
export function fileSource(path: string, clock: Clock): CredentialSource {
  return { secret: privateFile(path, clock, parseStoredValue), close: () => {} };
}

/** Reads such a file on every call, whatever its text must look like; the error never holds any of the text. */
export function privateFile(
  path: string,
  clock: Clock,
  parse: (text: string) => Result<string>,
): () => Promise<Result<Secret>> {
  let last: (Loaded & { seenAt: number }) | undefined;
  let pending: Promise<Result<Secret>> | undefined;
  const look = async (): Promise<Result<Secret>> => {
    const reading = await readPrivate(path, last, parse);
    if (reading.kind === "good") {
      last = { ...reading.loaded, seenAt: clock.now() };
      return ok(last.secret);
    }
    if (reading.kind === "broken" && last !== undefined)
      if (clock.now() - last.seenAt <= replacementGrace) return ok(last.secret);
    return err(`file ${path}: ${reading.why}`);
  };
  return () => {
    if (last !== undefined && isVersion(path, last.version)) {
      last.seenAt = clock.now();
      return Promise.resolve(ok(last.secret));
    }
    pending ??= look().finally(() => {
      pending = undefined;
    });
    return pending;
  };
}

/** Microseconds, where opening the file for each request would cost a tenth of a millisecond. */
function isVersion(path: string, version: Version): boolean {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    return found !== undefined && isSame(found, version);
  } catch {
    return false;
  }
}

function isSame(one: Version, other: Version): boolean {
  return (
    one.mtimeMs === other.mtimeMs &&
    one.ctimeMs === other.ctimeMs &&
    one.size === other.size &&
    one.ino === other.ino &&
    one.dev === other.dev
  );
}

async function readPrivate(
  path: string,
  last: Loaded | undefined,
  parse: (text: string) => Result<string>,
): Promise<Reading> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "r");
    return await readOpened(file, last, parse);
  } catch (error) {
    return { kind: "broken", why: `it cannot be read (${systemCode(error)})` };
  } finally {
    await file?.close();
  }
}

async function readOpened(
  file: FileHandle,
  last: Loaded | undefined,
  parse: (text: string) => Result<string>,
): Promise<Reading> {
  // The handle is what is checked and read, so that nothing can be swapped in between.
  const stat = await file.stat();
  if (!stat.isFile()) return { kind: "open", why: "it is not a regular file" };
  if ((stat.mode & 0o077) !== 0)
    return { kind: "open", why: "others than its owner may read it; set its mode to 0600" };
  if (last !== undefined && isSame(stat, last.version)) return { kind: "good", loaded: last };
  const parsed = parse(await file.readFile("utf8"));
  if (!parsed.ok) return { kind: "broken", why: parsed.error };
  return { kind: "good", loaded: { version: stat, secret: new Secret(parsed.value) } };
}

function systemCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
